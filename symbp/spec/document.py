"""`docs/spec.md`: the spec language for users, made from the models and the declarations of the library.

``python -m symbp.spec.document`` in the root of the repository writes the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from symbp.library import registry
from symbp.library.choices import all_parameters, filled
from symbp.library.declaration import REQUIRED, Block, Formula, Key, Layer, Loss, Parameter
from symbp.spec import document_text as text
from symbp.spec.definitions import ActivationDefinition, LayerDefinition, LossDefinition, OptimizerDefinition
from symbp.spec.describing import descriptions
from symbp.spec.model import Spec, Stop, Train
from symbp.spec.strict import Strict
from symbp.spec.vocabulary import BlockEntry, LayerEntry, LossEntry, OptimizerEntry, Typed, keys_of

_SCORES = {
    "accuracy": "accuracy over labels",
    "binary_accuracy": "accuracy, at logit > 0",
    "sign_accuracy": "accuracy of the sign",
    "r2": "R², the mean over outputs",
    "": "none",
}
_PREDICTIONS = {"argmax": "the class", "positive": "0 or 1", "sign": "-1 or +1", "raw": "the output"}


def spec_document() -> str:
    """The text of ``docs/spec.md``."""
    parts = (
        text.INTRODUCTION,
        "## Keys of a spec\n",
        _model_table(Spec),
        text.READING,
        text.SHAPES,
        *_layers(),
        text.PARAMETERS,
        "## Activations\n",
        _entries("activation", registry.activations().values(), _activation_cells, ("formula", "parameters")),
        *_losses(),
        *_training(),
        "## Initial values\n",
        text.INITIALIZERS,
        _entries("initializer", registry.initializers().values(), lambda d: (d.summary,), ("values",)),
        text.DEFINITIONS,
        *_definitions(),
        text.RANDOMNESS,
    )
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _layers() -> list[str]:
    return [
        "## Layers\n",
        "Every layer takes these keys, and those of its type.\n",
        _model_table(LayerEntry),
        *(_layer(declared) for declared in registry.layers().values()),
        "## Blocks\n",
        text.BLOCKS,
        _model_table(BlockEntry),
        *(_block(declared) for declared in registry.blocks().values()),
    ]


def _losses() -> list[str]:
    return [
        "## Losses\n",
        text.LOSSES,
        _model_table(LossEntry),
        _entries("loss", registry.losses().values(), _loss_cells, ("loss", "target", "score", "predict")),
        "### Penalties\n",
        _table(("key", "adds"), ((f"`{p.type}: a`", p.summary) for p in registry.penalties().values())),
    ]


def _training() -> list[str]:
    return [
        "## Training\n",
        _model_table(Train),
        "`stop:` takes\n",
        _model_table(Stop),
        text.TRAINING,
        "### Optimizers\n",
        _model_table(OptimizerEntry),
        _entries("optimizer", registry.optimizers().values(), _optimizer_cells, ("update",)),
        "### Clips\n",
        _table(("key of the optimizer", "meaning"), ((f"`{c.type}`", c.summary) for c in registry.clips().values())),
        "### Schedules\n",
        text.SCHEDULES,
        _entries("schedule", registry.schedules().values(), lambda d: (_lines(d.formula),), ("learning rate",)),
    ]


# --- tables ---


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _model_table(model: type[Strict]) -> str:
    """The keys of a model with what their docstrings say."""
    rows = [
        (f"`{name}`", _default(field), descriptions(model).get(name, ""))
        for name, field in model.model_fields.items()
        if name != "type"
    ]
    return _table(("key", "default", "meaning"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default: Any = field.default
    return _plain(default) if isinstance(default, str | int | float) and default != "" else ""


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def kind_text(key: Key) -> str:
    """What values a key takes."""
    each = f"an integer, or one for each of {', '.join(key.dims)}"
    words = {"integers": each, "padding": f"{each}, or pairs (before, after), or `same`, or `valid`"}
    words["value"] = "the name of a layer or an input"
    return words.get(key.kind, key.kind)


def _key(key: Key) -> str:
    """A key with its default and its range, on one line."""
    kind = " or ".join(f"`{c}`" for c in key.choices) if key.choices else kind_text(key)
    limits = [
        f"{'>' if key.open_minimum else '>='} {key.minimum:g}" if key.minimum is not None else "",
        f"{'<' if key.open_maximum else '<='} {key.maximum:g}" if key.maximum is not None else "",
    ]
    details = ", ".join(part for part in (kind, *limits) if part)
    default = "required" if key.default == REQUIRED else f"default {_plain(key.default)}"
    default = "" if key.default is None else f", {default}"
    meaning = f": {key.doc}" if key.doc else ""
    return f"`{key.name}` ({details}{default}){meaning}"


def _entries(kind: str, declared: Iterable[Any], cells: Any, head: tuple[str, ...]) -> str:
    """One row a declaration: its type, what `cells` says of it, and its own keys."""
    rows = [(f"`{d.type}`", *cells(d), "<br>".join(_key(k) for k in _own_keys(kind, d))) for d in declared]
    return _table(("type", *head, "keys"), rows)


def _own_keys(kind: str, declared: Typed) -> list[Key]:
    """The keys of one type, without those that all of its kind take."""
    shared = {*registry.penalties(), *registry.clips()}
    return [key for key in keys_of(kind, declared) if key.name not in shared]


def _lines(formula: str) -> str:
    return "<br>".join(f"`{line.strip()}`" for line in formula.strip().splitlines() if line.strip())


def _activation_cells(declared: Any) -> tuple[str, str]:
    return _lines(declared.formula.plain), _parameters(declared.parameters)


def _loss_cells(declared: Loss) -> tuple[str, ...]:
    target = "by `labels`" if declared.target not in ("real", "integer") else declared.target
    target += f", {declared.target_range}" if declared.target_range else ""
    return declared.summary, target, _SCORES[declared.score], _PREDICTIONS[declared.predict]


def _optimizer_cells(declared: Any) -> tuple[str]:
    decayed = _lines(declared.decayed) + "<br>" if declared.decayed else ""
    return (decayed + _lines(declared.equations),)


def _parameters(parameters: Sequence[Parameter]) -> str:
    return "<br>".join(f"`{p.name}{p.axes}` starts as {_start(p)}" for p in parameters)


def _start(parameter: Parameter) -> str:
    keys = ", ".join(f"{name} {value:g}" for name, value in parameter.init_keys)
    at = f" at {parameter.at[0]} = {parameter.at[1]}, else 0" if parameter.at is not None else ""
    return (f"{parameter.init} ({keys})" if keys else parameter.init) + at


# --- layers and definitions ---


def _layer(declared: Layer) -> str:
    lines = [f"### {declared.type}\n", f"{declared.summary[0].upper()}{declared.summary[1:]}.\n", "```"]
    defaults = {key.name: key.default for key in declared.keys}
    lines += [_formula(filled(declared.formulas[0], declared.pieces, defaults.get)), "```\n"]
    lines += [f"- {_key(key)}" for key in keys_of("layer", declared)]
    lines += [f"- parameter `{p.name}{p.axes}` starts as {_start(p)}: {p.doc}" for p in all_parameters(declared)]
    return "\n".join(lines) + "\n"


def _block(declared: Block) -> str:
    lines = [f"### {declared.type}\n", f"{declared.summary[0].upper()}{declared.summary[1:]}.\n"]
    lines += [f"- {_key(key)}" for key in keys_of("layer", declared)]
    if declared.merge:
        lines.append("- `activation` (activation): a pointwise function of the merged value")
    if declared.branch:
        lines.append(f"- `{declared.branch}` (layers): layers through which the input goes to the merge")
    return "\n".join(lines) + "\n"


def _formula(formula: Formula) -> str:
    return formula.plain.strip()


def _definitions() -> list[str]:
    kinds: dict[str, type[Strict]] = {
        "activations": ActivationDefinition,
        "layers": LayerDefinition,
        "losses": LossDefinition,
        "optimizers": OptimizerDefinition,
    }
    parts: list[str] = []
    for name, model in kinds.items():
        parts += [f"### define: {name}\n", f"{cleandoc(model.__doc__ or '')}\n", _model_table(model)]
    return parts


if __name__ == "__main__":
    Path("docs/spec.md").write_text(spec_document(), encoding="utf-8")
