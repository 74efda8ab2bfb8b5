"""An entry of the library as text: what it is, its keys, its formula, its derived gradient, and how a spec uses it."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.derive.model import UnitDerivation
from symbp.library.choices import all_parameters
from symbp.library.declaration import (
    REQUIRED,
    Activation,
    Block,
    Clip,
    Declaration,
    Formula,
    Initializer,
    Key,
    Layer,
    Loss,
    Optimizer,
    Parameter,
    Parametrization,
    Penalty,
    Random,
    Schedule,
)
from symbp.report.text import table, unit_lines

LETTERS: dict[type, str] = {
    Optimizer: "letters: w a parameter, g its gradient, k the number of the step from 1",
    Clip: "letters: g the gradient by all parameters, c the number given in the spec",
    Schedule: "letters: k the number of the step from 0, K the number of all steps",
    Penalty: "letters: W each parameter with two or more axes, a the number given in the spec",
    Initializer: "letters: I the inputs of a unit (fan_in), O its outputs (fan_out)",
}
EXAMPLES: dict[str, object] = {
    "integer": 3, "size": 3, "number": 0.5, "boolean": "true", "numbers": "[0.5, 1.5]", "integers": 2, "padding": 1,
    "shape": "[2, -1]", "order": "[2, 1]", "pair": "[1, 2]", "index": 0, "place": 1,
}  # fmt: skip


def entry_text(
    declaration: Declaration, kind: str, keys: Sequence[Key], derived: Sequence[tuple[str, UnitDerivation]] = ()
) -> str:
    """The whole entry.  `keys` are all that a spec may give it; `derived` its derivations with the options of each."""
    head = f"{declaration.type}   ({kind})"
    lines = [head, "=" * len(head), declaration.summary, f"source: {declaration.source}", ""]
    lines.append(f"  {example(declaration, keys)}")
    parameters = parameters_of(declaration)
    if keys:
        lines += ["", *table(("key", "value", "default", "meaning"), [_key(k) for k in keys])]
    if parameters:
        lines += ["", *table(("parameter", "axes", "first values", "meaning"), [_parameter(p) for p in parameters])]
    lines += _beside(declaration)
    lines += _about(declaration)
    if not derived:
        lines += ["", *_formulas(declaration)]
    for options, unit in derived:
        lines += ["", *([f"with {options}"] if options else []), *unit_lines(unit)]
    return "\n".join(lines)


def _beside(declaration: Declaration) -> list[str]:
    """What is drawn in every training step, and what is kept from step to step."""
    random = declaration.random if isinstance(declaration, Layer | Activation | Parametrization) else ()
    states = declaration.state if isinstance(declaration, Layer | Parametrization) else ()
    lines = []
    if random:
        rows = [(r.name, r.axes, _distribution(r), r.still, r.doc) for r in random]
        lines += ["", *table(("drawn", "axes", "in training", "in a prediction", "meaning"), rows)]
    if states:
        kept = [(s.name, s.axes, f"{s.start:g}", s.doc) for s in states]
        lines += ["", *table(("state", "axes", "first values", "meaning"), kept)]
    return lines


def _distribution(random: Random) -> str:
    """``1/(1 - rate) * bernoulli(1 - rate)``."""
    chance = f"({random.probability})" if random.distribution == "bernoulli" else ""
    scaled = f"{random.scale} * " if random.scale != "1" else ""
    shifted = f"{random.shift} + " if random.shift != "0" else ""
    if random.distribution == "switch":
        return random.scale
    return f"{shifted}{scaled}{random.distribution}{chance}"


def parameters_of(declaration: Declaration) -> tuple[Parameter, ...]:
    """The trained arrays of a layer or an activation."""
    if isinstance(declaration, Layer):
        return all_parameters(declaration)
    return declaration.parameters if isinstance(declaration, Activation | Parametrization) else ()


def example(declaration: Declaration, keys: Sequence[Key]) -> str:
    """How a spec uses the entry, with those of its keys that must be given.

    >>> from symbp.library import registry
    >>> dense = registry.layers()["dense"]
    >>> example(dense, dense.keys)
    'layers: [{type: dense, units: 3}]'
    """
    required = [k for k in keys if k.default == REQUIRED]
    given = "".join(f", {k.name}: {EXAMPLES.get(k.kind, k.choices[0] if k.choices else '...')}" for k in required)
    name = declaration.type
    entry = f"{{type: {name}{given}}}"
    match declaration:
        case Layer(inputs=inputs) if len(inputs) > 1 or "#" in inputs[0]:
            names = ", ".join(_input_names(inputs))
            return f"layers: [{{type: {name}, inputs: [{names}]{given}}}]"
        case Layer():
            return f"layers: [{entry}]"
        case Block(inner=inner, inputs=inputs) if inner:
            names = f", inputs: [{', '.join(inputs)}]" if len(inputs) > 1 else ""
            return f"layers: [{{type: {name}{names}{given}}}]"
        case Block():
            layer = "lstm" if declaration.turned else "dense"
            return f"layers: [{{type: {name}{given}, layers: [{{type: {layer}, units: 3}}]}}]"
        case Activation():
            return f"layers: [{{type: dense, units: 3, activation: {entry if given else name}}}]"
        case Loss(inputs=inputs):
            names = f", inputs: [{', '.join(_input_names(inputs))}]" if len(inputs) > 1 else ""
            return f"loss: {{type: {name}{names}{given}}}"
        case Parametrization():
            weight = entry if given else name
            return f"layers: [{{type: dense, units: 3, parametrize: {{W: {weight}}}}}]"
        case Penalty():
            return f"loss: {{type: mse, {name}: 0.001}}"
        case Optimizer():
            return f"train: {{optimizer: {entry}}}"
        case Clip():
            return f"train: {{optimizer: {{type: sgd, lr: 0.1, {name}: 1.0}}}}"
        case Schedule():
            return f"train: {{optimizer: {{type: sgd, lr: 0.1, schedule: {entry}}}}}"
        case Initializer():
            return f"layers: [{{type: dense, units: 3, init: {{W: {entry if given else name}}}}}]"


def _input_names(inputs: Sequence[str]) -> list[str]:
    """The names of inputs; of one that stands for any number of them, two."""
    names = [declared.partition("[")[0] for declared in inputs]
    return [name.replace("#", k) for name in names for k in (("1", "2") if "#" in name else ("",))]


def _key(key: Key) -> tuple[str, str, str, str]:
    return key.name, _values(key), _default(key), key.doc


def _values(key: Key) -> str:
    """``number > 0``, ``0 <= number < 1``, or the choices."""
    if key.choices:
        return " | ".join(key.choices)
    low = "" if key.minimum is None else f"{key.minimum:g} {'<' if key.open_minimum else '<='} "
    high = "" if key.maximum is None else f" {'<' if key.open_maximum else '<='} {key.maximum:g}"
    if low and not high:
        return f"{_kind(key)} {'>' if key.open_minimum else '>='} {key.minimum:g}"
    return f"{low}{_kind(key)}{high}"


def _kind(key: Key) -> str:
    """What a value is; for each dimension of a window, where there are several."""
    each = f"integer [{', '.join(key.dims)}]"
    kinds = {"integers": each, "padding": f"{each} | same | valid", "value": "a layer"}
    return kinds.get(key.kind, key.kind)


def _default(key: Key) -> str:
    match key.default:
        case bool(value):
            return "true" if value else "false"
        case None:
            return "none"
        case value:
            return str(value)


def _parameter(parameter: Parameter) -> tuple[str, str, str, str]:
    said = ", ".join(f"{key}: {str(value).lower()}" for key, value in parameter.conditions)
    when = f" (where {said})" if said else ""
    first = " ".join([parameter.init, *(f"{value:g}" for _, value in parameter.init_keys)])
    first += f" at {parameter.at[0]} = {parameter.at[1]}, else 0" if parameter.at is not None else ""
    return parameter.name, parameter.axes, first, parameter.doc + when


def _about(declaration: Declaration) -> list[str]:
    """What a loss means for targets, scores and predictions; what an optimiser keeps; how initial values are drawn."""
    match declaration:
        case Loss():
            facts = [
                f"target: {declaration.target}{', ' + declaration.target_range if declaration.target_range else ''}"
            ]
            facts += [f"score: {declaration.score}", f"predict: {declaration.predict}"]
            facts += [f"predict_proba: {declaration.probability}"] if declaration.probability else []
            return ["", *facts]
        case Optimizer(state=state) if state:
            kept = ", ".join(f"{name} from {value:g}" for name, value in state)
            return ["", f"state: {kept}", LETTERS[Optimizer]]
        case Initializer():
            return ["", f"distribution: {declaration.distribution}", LETTERS[Initializer]]
        case Optimizer() | Clip() | Schedule() | Penalty():
            return ["", LETTERS[type(declaration)]]
    return []


def _formulas(declaration: Declaration) -> list[str]:
    """The formulas as declared, of entries that no gradient is derived for."""
    match declaration:
        case Layer(formulas=formulas) | Loss(formulas=formulas):
            return [line for f in formulas for line in _indented(f)]
        case Activation(formula=formula):
            return _indented(formula)
        case Penalty(formula=text) | Schedule(formula=text) | Clip(equations=text):
            return ["formula", *_lines(text)]
        case Optimizer():
            decayed = ["for decayed parameters first", *_lines(declaration.decayed)] if declaration.decayed else []
            return [*decayed, "update", *_lines(declaration.equations)]
        case Initializer():
            parts = [("scale", declaration.scale), ("low", declaration.low), ("mean", declaration.mean)]
            return [f"  {name} = {text}" for name, text in parts if text]
    return []


def _indented(formula: Formula) -> list[str]:
    when = ", ".join(f"{key}: {str(value).lower()}" for key, value in formula.when)
    return [f"formula{f' where {when}' if when else ''}", *_lines(formula.plain)]


def _lines(text: str) -> list[str]:
    return [f"  {line}" for line in text.strip().splitlines()]
