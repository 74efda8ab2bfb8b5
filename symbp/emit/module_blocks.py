"""Equal blocks in a module: the classes of their parameters, states and workspaces, and the functions of one block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from symbp.emit import module_core as core
from symbp.emit import module_parameters as parameters
from symbp.emit.blocks import class_name, outside
from symbp.emit.model import BlockCode, Buffer, Code, Line
from symbp.emit.module_core import FunctionText
from symbp.emit.module_modes import drawn_buffer
from symbp.emit.module_states import views_of_states
from symbp.emit.repeating import FUNCTIONS, owners


@dataclass(frozen=True, slots=True)
class ClassText:
    """A class that holds arrays: its name, docstring, the arguments of its constructor and the statements in it."""

    name: str
    doc: str
    arguments: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Texts for the templates, inner blocks first."""

    parameters: tuple[ClassText, ...]
    states: tuple[ClassText, ...]
    workspaces: tuple[ClassText, ...]
    functions: tuple[FunctionText, ...]


def blocks_of(code: Code, sizes: str) -> Blocks:
    """All blocks of a network; `sizes` are the arguments of a workspace."""
    every = _every(code)
    return Blocks(
        parameters=tuple(_parameters(b) for b in every),
        states=tuple(_states(b) for b in every if b.body.graph.states),
        workspaces=tuple(text for b in every for text in _workspaces(b, sizes)),
        functions=tuple(f for b in every for f in _functions(b)),
    )


def _every(code: Code) -> list[BlockCode]:
    """Each block once, inner ones first."""
    found: dict[str, BlockCode] = {}
    for block in code.blocks:
        for b in (*_every(block.code), block):
            found.setdefault(b.body.graph.name, b)
    return list(found.values())


def _parameters(b: BlockCode) -> ClassText:
    doc = f"The parameters of one of the blocks {b.body.graph.name}, or their gradients."
    name = class_name(b.body.graph.name, "Parameters")
    return ClassText(name, doc, "flat: Array", parameters.views(b.body.graph, b.code))


def _states(b: BlockCode) -> ClassText:
    doc = f"What one of the blocks {b.body.graph.name} keeps from step to step."
    return ClassText(class_name(b.body.graph.name, "State"), doc, "flat: Array", views_of_states(b.body.graph, b.code))


def _workspaces(b: BlockCode, sizes: str) -> Iterable[ClassText]:
    graph = b.body.graph
    carried = Buffer(graph.inputs[0], ("0",))
    drawn = tuple(drawn_buffer(info) for info in graph.random if outside(info.tensor.label, b.code.copies))
    yield from _workspace(b, replace(b.code, buffers=(carried, *b.code.buffers)), "Workspace", sizes, drawn)
    if b.code.inference is not None:
        other = replace(b.code.inference, buffers=(carried, *b.code.inference.buffers), blocks=b.code.blocks)
        yield from _workspace(b, other, "InferenceWorkspace", sizes, ())


def _workspace(b: BlockCode, code: Code, kind: str, sizes: str, drawn: tuple[str, ...]) -> Iterable[ClassText]:
    """The workspace of one block, and that of all blocks together if they can share arrays."""
    name = b.body.graph.name
    shared = {buffer.name for buffer in code.shared}
    own = replace(code, buffers=tuple(buffer for buffer in code.buffers if buffer.name not in shared))
    lines = core.workspace(b.body.graph, own, drawn, kind, sharing(b.code, kind))
    arguments = f"dtype: DType, {sizes}"
    if shared:
        common = class_name(name, f"Shared{kind}")
        doc = f"Arrays that all blocks {name} use, one after the other."
        common_code = replace(code, buffers=code.shared, copies=())
        yield ClassText(common, doc, arguments, core.workspace(b.body.graph, common_code))
        lines = (*(f"self.{buffer.name} = shared.{buffer.name}" for buffer in code.shared), *lines)
        arguments += f", shared: {common}"
    yield ClassText(class_name(name, kind), f"The arrays of one of the blocks {name}.", arguments, lines)


def sharing(code: Code, kind: str) -> frozenset[str]:
    """The bodies of whose blocks the workspaces of this kind share arrays."""
    of = ((b.body.graph.name, b.code if kind == "Workspace" else b.code.inference) for b in code.blocks)
    return frozenset(name for name, own in of if own is not None and own.shared)


def _functions(b: BlockCode) -> Iterable[FunctionText]:
    graph, code = b.body.graph, b.code
    x, outside = graph.inputs[0], b.body.outside
    keep = (Line(f"ws.{x} = {x}"),)
    yield _function(b, "forward", (x, *outside), (*keep, *core.returned(code.forward, code.outputs)))
    if code.loss:
        yield _function(b, "loss", (), (*code.loss, Line("return loss")))
    _, dx = b.code.input_gradient[0]
    arguments = (b.body.given, *outside, *b.body.adding)
    yield _function(b, "backward", arguments, core.returned(code.backward, (dx,)))
    if code.start:
        yield _function(b, "start", (), code.start)
    if code.before:
        yield _function(b, "before", (), code.before)
    if code.after:
        yield _function(b, "after", outside, code.after)
    if code.inference is not None:
        other = code.inference
        yield _function(b, "infer", (x, *outside), core.returned(other.forward, other.outputs))
        if other.loss:
            yield _function(b, "loss of prediction", (), (*other.loss, Line("return loss")))


RETURNS = {"loss": "Any", "loss of prediction": "Any", "before": "None", "after": "None", "start": "None"}
DOCS = {
    "forward": "The output of one of the blocks {} for its input {}; ws keeps what the next functions read.",
    "infer": "The output of one of the blocks {} for its input {}, in a prediction.",
    "loss": "What the parameters of one of the blocks {} add to the loss.",
    "loss of prediction": "What the parameters of one of the blocks {} add to the loss of a prediction.",
    "backward": "Fills g with the gradients of one of the blocks {}; returns that of its input {}.",
    "start": "Gives first values to parameters of one of the blocks {} that follow from others.",
    "before": "Gives the states of one of the blocks {} their new values before the forward pass of a training step.",
    "after": "Gives the states of one of the blocks {} their new values at the end of a training step.",
}


def _function(b: BlockCode, part: str, arrays: Sequence[str], lines: tuple[Line, ...]) -> FunctionText:
    graph = b.body.graph
    x = graph.inputs[0]
    kind = "InferenceWorkspace" if "infer" in part or "prediction" in part else "Workspace"
    types = {
        "p": class_name(graph.name, "Parameters"),
        "g": class_name(graph.name, "Parameters"),
        "s": class_name(graph.name, "State"),
        "ws": class_name(graph.name, kind),
    }
    arguments = [f"{name}: {types[name]}" for name in owners(part, bool(graph.states))]
    if x not in arrays and core.mentions(lines, x):
        lines = (Line(f"{x} = ws.{x}"), *lines)
    returns = RETURNS.get(part, "Array")
    name = f"{graph.name}_{FUNCTIONS[part][0]}"
    arguments += [f"{a}: Array" for a in arrays]
    return core.function_of(name, arguments, returns, DOCS[part].format(graph.name, x), lines)
