"""The sentences of a module's docstrings that depend on the network."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from symbp.emit.layout import WIDTH, docstring, filled, listed
from symbp.emit.model import Code
from symbp.emit.module_core import state_names
from symbp.emit.module_data import (
    TARGET_KINDS,
    free_sizes,
    prediction,
    probabilities,
    scoring,
    shape_note,
    target_kind,
)
from symbp.emit.module_parameters import total
from symbp.graph.model import Graph, Tensor


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences, and parts of sentences, without line breaks."""

    title: str  # the first line of the module
    call: str  # "x, y"
    notes: str
    size: str
    data: str  # what x and y are, wrapped for a function's docstring
    data_method: str  # the same for a method's
    workspace: str
    step: str  # what a step checks and what it copies, wrapped for a method's docstring
    memory: str  # what the optimiser remembers
    schedule: str
    example_label: str
    predict: str  # whole docstrings, of methods and of a function
    score: str
    proba: str
    metric: str
    sizes: str
    validation: str
    validation_type: str
    typing: str  # what the module imports beside Any


def words(graph: Graph, level: int, code: Code) -> Words:
    """What the docstrings and comments of a module say of its network."""
    output, term = graph.outputs[0], graph.losses[0]
    own_target = any(target.tensor not in graph.inputs for target in graph.targets)
    metric = scoring(graph, term).doc if graph.plain else ""
    count = total(graph)
    units = dict(code.units)
    states = [f"{name} / {units[name]}" if name in units else name for name in state_names(graph)]
    free = [name for name, _ in free_sizes(graph)]
    layers = len(graph.rows)
    return Words(
        title=f"{graph.name}: a network of {layers} layer{'' if layers == 1 else 's'} and {count:,} parameters.",
        call="x, y" if own_target else "x",
        notes=filled(f"Shapes stand in brackets; n is the number of samples.  {_LEVELS[level]}", 0),
        size=str(count),
        data=filled(_data(graph), 1),
        data_method=filled(_data(graph), 2),
        workspace=_WORKSPACES[min(level, 1)],
        step=filled(_CHECKS + _STEPS[min(level, 1)], 2),
        memory=_memory(states, bool(code.update_buffers)),
        schedule=graph.training.schedule.type.replace("_", " "),
        example_label=f'"{graph.parameters[0].tensor.label}"' if graph.parameters else "none",
        predict=docstring(prediction(graph, output).doc, 2),
        score=docstring(metric, 2),
        proba=docstring(probabilities(graph, output).doc, 2),
        metric=docstring(metric),
        sizes="".join(f" and {name}" for name in free),
        validation="a pair (x, y)" if own_target else "an array like x, or a pair (x, y)",
        validation_type="tuple[Any, Any] | None" if own_target else "Any",
        typing=", TypeVar, cast" if level == 2 else "",
    )


def _memory(states: list[str], room: bool) -> str:
    kept = f"; of every weight {', '.join(states)}" if states else ""
    return f"{kept}, and room to work in" if room else kept


def micro_batch_words(code: Code) -> tuple[str, ...]:
    """The comment on the number of samples that are together in a workspace."""
    reason = code.micro_batch_reason
    text = f"A batch goes through the network in micro-batches, and their gradients are added up{reason}."
    return tuple(textwrap.wrap(text, WIDTH - len("# ")))


_CHECKS = "Shapes, dtypes and labels are checked, but not for NaN and infinities."
_STEPS = {
    0: "",
    1: "  From the second call with as many samples on it allocates nothing where x and y have the network's dtype "
    "(labels: intp) and lie in C order; other arrays are converted, which copies them.",
}
_LEVELS = {
    0: "This is the simplest form of the network: every value is a new array.",
    1: "A training step makes no new arrays: every value has its place in a workspace.",
    2: "A training step makes no new arrays, and numba compiles its loops when they first run.",
}
_WORKSPACES = {
    0: "What the forward pass leaves for the backward pass.",
    1: "The arrays of one pass over n samples, made once and used by every step.",
}


def _data(graph: Graph) -> str:
    inputs = [graph.tensor(name) for name in graph.inputs]
    shapes = listed(shape_note(tensor) for tensor in inputs)
    several = len(inputs) > 1
    given = f"x is a dict, or a tuple, of {shapes}" if several else f"x is an array {_sizes(inputs[0])}"
    if not graph.plain:
        return f"{given}; {_targets(graph)}"
    target = graph.targets[0]
    tensor = graph.tensor(target.tensor)
    if tensor.role != "target":
        return f"{given}; the target y is {tensor.label} itself unless it is given."
    return f"{given}, y an array {_sizes(tensor)} of {TARGET_KINDS[target_kind(graph, target)].words}."


def _targets(graph: Graph) -> str:
    """What y is, where there is not one target."""
    own = [t for t in graph.targets if t.tensor not in graph.inputs]
    notes = [
        f"{shape_note(graph.tensor(t.tensor), t.label)} ({TARGET_KINDS[target_kind(graph, t)].words})" for t in own
    ]
    others = [
        f"{graph.tensor(t.tensor).label} is a target too, as it is unless y has another one"
        for t in graph.targets
        if t not in own
    ]
    form = "an array, or a dict with it," if len(own) == 1 else "a dict, or a tuple,"
    said = [f"y is {form} of {listed(notes)}"] if own else ["nothing is compared with a y"] if not others else []
    return "; ".join([*said, *others]) + "."


def _sizes(tensor: Tensor) -> str:
    return shape_note(tensor).split(" ", 1)[1]
