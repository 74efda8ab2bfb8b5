"""The functions of a module that hold the bodies of `Code`: heads, docstrings, arrays of the workspace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from symbp.emit import blocks
from symbp.emit.layout import INDENT, WIDTH, dict_text, docstring, indented, listed, signature
from symbp.emit.model import Buffer, Code, Function, Line
from symbp.emit.module_data import free_sizes, shape_note
from symbp.emit.module_parameters import number
from symbp.emit.wrapping import bound, statement
from symbp.graph.model import Graph

DTYPES = {"real": "dtype", "bool": "np.bool_", "index": "np.intp"}


@dataclass(frozen=True, slots=True)
class FunctionText:
    """A function as text: `head` follows ``def``; docstring and body are indented, without a final newline."""

    head: str
    doc: str
    body: str
    decorator: str = ""
    alias: str = ""  # the statement in the place of all these, where it is another name of a function


def function_text(function: Function) -> FunctionText:
    """A function of the module as text; another name of one is a statement."""
    if function.same_as:
        alias = f"{function.name} = {function.same_as}  # the same with other arrays"
        return FunctionText("", "", "", alias=alias)
    arguments = [a.strip() for a in re.split(r",\s*(?![^\[]*\])", function.signature) if a.strip()]
    text = function_of(function.name, arguments, function.returns, function.doc, function.lines)
    compiled = "compiled" if function.compiled else ""
    return replace(text, decorator=f"compiled_for({function.instead_of})" if function.instead_of else compiled)


def function_of(name: str, arguments: list[str], returns: str, doc: str, lines: tuple[Line, ...]) -> FunctionText:
    """A function from its parts."""
    body = kept_only(lines) or (Line("pass"),)
    return FunctionText(signature(name, arguments, returns), docstring(doc), indented(body))


def mentions(lines: Sequence[Line], name: str) -> bool:
    """Whether a line has this name."""
    return any(re.search(rf"(?<![.\w]){re.escape(name)}(?!\w)", line.text) for line in lines)


def typed(lines: tuple[Line, ...], name: str) -> tuple[Line, ...]:
    """The lines and a return of `name`, which a type checker takes for an array (to it, a sum of two is anything)."""
    for at, (line, targets, value) in enumerate((line, *_assignment(line)) for line in lines):
        if targets == [name, f"ws.{name}"]:
            return (*lines, Line(f"return ws.{name}"))
        if targets == [name] and not value.startswith("ws."):
            first = replace(line, text=f"{name}: Array = {value}")
            return (*lines[:at], first, *lines[at + 1 :], Line(f"return {name}"))
        if name in targets:
            break
    return (*lines, Line(f"return {name}"))


def _assignment(line: Line) -> tuple[list[str], str]:
    """The names that a statement gives a value to, and the value: ``a``, ``ws.a`` and ``b`` of ``a = ws.a = b``."""
    *targets, value = line.text.split(" = ")
    return targets, value


def returned(lines: tuple[Line, ...], names: Sequence[str]) -> tuple[Line, ...]:
    """The lines and a return of these arrays."""
    return typed(lines, names[0]) if len(names) == 1 else (*lines, Line(f"return {', '.join(names)}"))


def kept_only(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """``ws.a = b`` for ``a = ws.a = b`` where nothing below reads the local name."""
    found: list[Line] = []
    read: set[str] = set()
    for line in reversed(lines):
        targets, value = _assignment(line)
        chained = len(targets) == 2 and targets[1] == f"ws.{targets[0]}"
        kept = f"{targets[1]} = {value}" if chained else line.text
        found.append(line if chained and targets[0] in read else replace(line, text=kept))
        read.update(re.findall(r"(?<![.\w])[A-Za-z_]\w*", kept))
    return tuple(reversed(found))


def _arguments(graph: Graph, target: bool, workspace: str = "Workspace") -> list[str]:
    names = [*graph.inputs, *(t.name for t in graph.targets)] if target else list(graph.inputs)
    states = ["s: State"] if graph.states else []
    return ["p: Parameters", *states, f"ws: {workspace}", *(f"{name}: Array" for name in names)]


def target_arguments(graph: Graph, workspace: str) -> list[str]:
    """The arguments of a body that reads parameters, states, a workspace, inputs and targets."""
    return _arguments(graph, True, workspace)


def forward(graph: Graph, code: Code) -> FunctionText:
    """The forward pass of a training step."""
    kept = "; ws keeps what the next functions read."
    doc = _output(graph, code, kept)
    return function_of("forward", _arguments(graph, False), _arrays(code.outputs), doc, _returning(code))


def _output(graph: Graph, code: Code, kept: str) -> str:
    inputs = listed(shape_note(graph.tensor(name)) for name in graph.inputs)
    outputs = [shape_note(graph.tensor(o.tensor), name) for o, name in zip(graph.outputs, code.outputs, strict=True)]
    return f"The output{'s' if len(outputs) > 1 else ''} {listed(outputs)} for {inputs}{kept}"


def _arrays(names: Sequence[str]) -> str:
    """The type of what a function returns."""
    return "Array" if len(names) == 1 else "tuple[Array, ...]"


def _returning(code: Code) -> tuple[Line, ...]:
    return returned(code.forward, code.outputs)


def loss(graph: Graph, code: Code) -> FunctionText:
    """The loss of a training step, after its forward pass."""
    both = code.inference is not None and code.inference.loss == code.loss
    workspace = "Workspace | InferenceWorkspace" if both else "Workspace"
    notes = listed([shape_note(graph.tensor(t.tensor), t.name) for t in graph.targets] or [""])
    against = f", against the target{'s' if len(graph.targets) > 1 else ''} {notes}" if notes else ""
    return _loss("loss_of", graph, code, workspace, f"{against}; after `forward`.")


def _loss(name: str, graph: Graph, code: Code, workspace: str, doc: str) -> FunctionText:
    kinds = listed(_words(term.loss.type) for term in graph.losses)
    what = f"a sum of {kinds}, and each of these" if len(code.losses) > 1 else kinds
    returns = "Any" if graph.plain else "tuple[Any, ...]"
    comma = "" if graph.plain or len(code.losses) > 1 else ","
    lines = (*code.loss, Line(f"return {', '.join(code.losses)}{comma}"))
    return function_of(name, _arguments(graph, True, workspace), returns, f"The loss, {what}{doc}", lines)


def backward(graph: Graph, code: Code) -> FunctionText:
    """The gradients of all parameters, after the loss."""
    first, *rest = _arguments(graph, True)
    times, given = (f"`{code.scale}` times ", [f"{code.scale}: float"]) if code.scale else ("", [])
    doc = f"Fills g with {times}the gradient of the loss by each parameter; after `loss_of`."
    return function_of("backward", [first, "g: Parameters", *rest, *given], "None", doc, code.backward)


def input_backward(graph: Graph, code: Code) -> FunctionText | None:
    """None where no input has a gradient."""
    if not code.input_backward:
        return None
    doc = "The gradient of the loss by each real input; after `backward`.  Training never calls this."
    lines = tuple(line for _, body in code.input_backward for line in body)
    return function_of("input_backward", _arguments(graph, True), "tuple[Array, ...]", doc, lines)


def probability(code: Code) -> FunctionText | None:
    """None where the loss has no probabilities."""
    code, name, workspace = prediction(code)
    if not code.probability:
        return None
    several = len(code.probabilities) > 1
    doc = f"The probabilities that belong to the output{'s' if several else ''} of `{name}`."
    arguments = [f"ws: {workspace}", *(f"{output}: Array" for output, _ in code.probabilities)]
    names = [found for _, found in code.probabilities]
    return function_of("probability_of", arguments, _arrays(names), doc, returned(code.probability, names))


def prediction(code: Code) -> tuple[Code, str, str]:
    """The bodies of a prediction, the name of its forward pass and of its workspace."""
    if code.inference is None:
        return code, "forward", "Workspace"
    return code.inference, "infer", "InferenceWorkspace"


def infer(graph: Graph, code: Code) -> FunctionText | None:
    """The forward pass of a prediction; None where it is that of training."""
    if code.inference is None:
        return None
    doc = _output(graph, code.inference, ", in a prediction.")
    arguments, returns = _arguments(graph, False, "InferenceWorkspace"), _arrays(code.inference.outputs)
    return function_of("infer", arguments, returns, doc, _returning(code.inference))


def loss_of_prediction(graph: Graph, code: Code) -> FunctionText | None:
    """None where the loss of a prediction is computed as that of training."""
    if code.inference is None or code.inference.loss == code.loss:
        return None
    doc = ", of a prediction; after `infer`."
    return _loss("loss_of_prediction", graph, code.inference, "InferenceWorkspace", doc)


def prepare(code: Code) -> FunctionText | None:
    """None where no state changes before the forward pass."""
    if not code.before:
        return None
    doc = "Gives states their new values before the forward pass of a training step."
    return function_of("prepare", ["p: Parameters", "s: State", "ws: Workspace"], "None", doc, code.before)


def follow(graph: Graph, code: Code) -> FunctionText | None:
    """None where no state changes behind the forward pass."""
    if not code.after:
        return None
    doc = "Gives states their new values at the end of a training step."
    return function_of("follow", _arguments(graph, False), "None", doc, code.after)


def update(graph: Graph, code: Code) -> FunctionText:
    """One step of the optimiser, on the flat vectors."""
    names = [*state_names(graph), *(buffer.name for buffer in code.update_buffers)]
    doc = f"Step k (from 1) of {_words(graph.training.update.title)}: changes theta, and what the optimiser remembers."
    if code.scale:
        doc += f"\n\ngrad is {code.rate.replace('(optimizer.k + 1)', 'k')} times the gradient of the loss."
    arguments = ["theta: Array", "grad: Array", "optimizer: Optimizer", "lr: float", "k: int"]
    return function_of("update", arguments, "None", doc, (*bound(names, "optimizer"), *code.update))


def state_names(graph: Graph) -> tuple[str, ...]:
    """The states of the clips and of the optimiser: one number a weight each."""
    updates = (*graph.training.clips, graph.training.update)
    return tuple(name for each in updates for name, _ in each.state)


def states(graph: Graph, code: Code) -> str:
    """These states by name as a dict, each with the unit in which it is kept."""
    units = dict(code.units)
    entries = ((name, number(units.get(name, 1.0))) for name in state_names(graph))
    return dict_text(entries, WIDTH - len("STATES: dict[str, float] = "))


def memory(graph: Graph, code: Code) -> tuple[str, ...]:
    """The statements that make the optimiser's arrays."""
    states = [item for each in (*graph.training.clips, graph.training.update) for item in each.state]
    size, units = "TRAINED" if graph.frozen else "SIZE", dict(code.units)
    lines = [
        f"self.{name} = np.zeros({size}, dtype)"
        if value == 0
        else f"self.{name} = np.full({size}, {number(value / units.get(name, 1.0))}, dtype)"
        for name, value in states
    ]
    return (*lines, *(_made(buffer) for buffer in code.update_buffers))


def workspace(
    graph: Graph,
    code: Code,
    drawn: tuple[str, ...] = (),
    kind: str = "Workspace",
    shared: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """The statements that make the arrays of a workspace: constants of the spec, those `drawn`, then the buffers.

    `kind` is that of the workspaces of blocks, `shared` names the bodies whose blocks share arrays.
    """
    lines = []
    for name, values in graph.constants:
        shape = ", ".join(str(axis.size) for axis in graph.tensor(name).axes)
        listed = ", ".join(map(number, values))
        lines.append(f"self.{name} = np.array([{listed}], dtype).reshape({shape})")
    given = ("n", *(name for name, _ in free_sizes(graph)))
    made = [*lines, *drawn, *(_made(buffer) for buffer in code.buffers)]
    made += [line for copies in code.copies for line in blocks.workspaces(copies, kind, given, copies.body in shared)]
    rows = [line for text in made for line in statement(text, "", room=WIDTH - 2 * len(INDENT))]
    return tuple(INDENT * row.indent + row.text for row in rows)


def _made(buffer: Buffer) -> str:
    if buffer.of:
        kind = ": Callable[..., Any]" if buffer.dtype == "function" else ""
        return f"self.{buffer.name}{kind} = {buffer.of}"
    if buffer.shape == ("0",):  # nothing yet: a body assigns to it
        return f"self.{buffer.name}: Array = np.empty(0, {DTYPES[buffer.dtype]})"
    shape = f"({buffer.shape[0]},)" if len(buffer.shape) == 1 else f"({', '.join(buffer.shape)})"
    return f"self.{buffer.name} = np.empty({shape}, {DTYPES[buffer.dtype]})"


def direct_names(code: Code) -> tuple[str, ...]:
    """The statements that bind functions of NumPy to their own names."""
    return tuple(line.text for line in bound(list(code.direct), "np"))


def size_arguments(graph: Graph) -> str:
    """The arguments of a workspace: the sizes that calls fix."""
    return ", ".join(f"{name}: int" for name in ("n", *(name for name, _ in free_sizes(graph))))


def sizes(graph: Graph) -> str:
    """The expression of the sizes that a workspace depends on, from ``data``."""
    found = ["len(data[0])", *(text for _, text in free_sizes(graph))]
    return f"({found[0]},)" if len(found) == 1 else f"({', '.join(found)})"


def _words(name: str) -> str:
    return name.replace("_", " ")
