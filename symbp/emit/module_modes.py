"""What a module has beside its training formulas: states, arrays that are drawn, the forward pass of a prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symbp.emit import blocks
from symbp.emit.compiled.epochs import in_one_call
from symbp.emit.layout import WIDTH, bracketed, dict_text, tuple_text
from symbp.emit.model import Code, Function, Line
from symbp.emit.module_batch import refused, values_of_a_batch
from symbp.emit.module_calls import Calls, calls_of
from symbp.emit.module_core import FunctionText, function_text
from symbp.emit.module_data import free_sizes, shape_texts
from symbp.emit.module_gradients import apart
from symbp.emit.module_parameters import number
from symbp.emit.module_states import StateText, state_text
from symbp.graph.model import Graph, RandomInfo

ROOM = WIDTH - len("RANDOM: dict[str, tuple[int | str, ...]] = ")
FEW = 'raise ValueError("x: batch statistics need two samples at least, found one")'


@dataclass(frozen=True, slots=True)
class Modes:
    """Texts for the templates; what a network does not have is empty.

    `kept` is of states; `random` are shapes by label as a dict.
    `run` and `held` are the first arguments of the bodies in the pure functions and in the methods of the network,
    `inputs` and `arrays` (with the targets) the last ones, as `unpacked` names those of a call;
    `few` are the statements that refuse too few numbers for batch statistics, `least` is the number of samples that is
    always enough; `refused` are those that refuse sizes with which no step can be made.
    `drawn_into` is the type of what holds drawn arrays.  `forward` and `loss` are the names of what a prediction calls,
    `workspaces` that of the arrays in which it works.
    `made` are the names of what a network makes anew when it is copied.
    """

    kept: StateText
    ones: str
    random: str
    helpers: tuple[FunctionText, ...]
    draw: tuple[str, ...]
    still: tuple[str, ...]
    drawn: tuple[str, ...]
    drawn_into: str
    streams: str
    generators: str
    few: tuple[str, ...]
    refused: tuple[str, ...]
    least: str
    unpacked: str
    inputs: str
    arrays: str
    run: str
    held: str
    forward: str
    loss: str
    workspaces: str
    calls: Calls
    made: str
    enough: str
    watched: str


def modes_of(graph: Graph, code: Code, y_argument: str) -> Modes:
    """The texts of predictions and states; `y_argument` is the argument of calls for the targets."""
    otherwise = code.inference is not None
    same = code.inference is None or code.inference.loss == code.loss
    values = values_of_a_batch(graph)
    count = next((text for known, text in values if known == 1), "")
    kept = state_text(graph, code, ROOM)
    state, held = (", s", ", self._s") if graph.states else ("", "")
    still = ", self._fresh(len(block[0]))" if kept.carried else held
    arrays = [*graph.inputs, *(t.name for t in graph.targets)]
    return Modes(
        kept=kept,
        ones=", ".join("1" for _ in ("n", *free_sizes(graph))),
        random=dict_text(((i.tensor.label, _drawn_shape(i)) for i in graph.random), ROOM) if graph.random else "",
        helpers=tuple(function_text(FUNCTIONS[name]) for name in sorted(_helpers(graph))),
        draw=tuple(_filled(graph, code, "ws", "block", _drawing)),
        still=tuple(_filled(graph, code, "ws", "block", _standing)),
        drawn=drawn_lines(graph, code),
        drawn_into="Workspace | HessianWorkspace" if code.hessian is not None else "Workspace",
        streams="3" if graph.random else "2",
        generators="drawing, self._shuffling, self.generator" if graph.random else "drawing, self._shuffling",
        few=(f"if {count} < 2:", f"    {FEW}") if count else (),
        refused=refused(graph),
        least="2" if count else "",
        unpacked=", ".join(arrays) + ("," if len(arrays) == 1 else ""),
        inputs=", ".join(graph.inputs),
        arrays=", ".join(arrays),
        run=f"p{state}, ws",
        held=f"self._p{still}, ws",
        forward="infer" if otherwise else "forward",
        loss="loss_of" if same else "loss_of_prediction",
        workspaces="_inference_workspaces" if otherwise else "_first.workspaces",
        calls=calls_of(graph, y_argument, bool(values)),
        made=_made(graph, code),
        enough="parameters and states" if graph.states else "the parameters",
        watched="self._theta, self._state" if graph.states else "self._theta",
    )


def _made(graph: Graph, code: Code) -> str:
    """The attributes of a network that are made from others, as text in quotes."""
    names = ["_p", "_first", *(["_s"] if graph.states else [])]
    names += [*(["_inference_workspaces"] if code.inference is not None else []), "_batches"]
    names += [] if apart(graph) else ["_second", "_beside"]
    names += ["_last", "_arrays"] if in_one_call(graph, code) else []
    return ", ".join(f'"{name}"' for name in names)


# --- what is drawn ---


def _drawn_shape(info: RandomInfo) -> str:
    """The shape without the batch axis, if the array has one."""
    batched = [axis for axis in info.tensor.axes[:1] if axis.size is None]
    return tuple_text(shape_texts(info.tensor.axes[len(batched) :]))


def drawn_buffer(info: RandomInfo) -> str:
    """The statement that makes the array in a workspace; it is still until something is drawn."""
    sizes = [str(axis.size) if axis.size is not None else _free(axis.symbol.name) for axis in info.tensor.axes]
    shape = f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"
    return f"self.{info.tensor.name} = np.full({shape}, {number(info.still)}, dtype)"


def _free(symbol: str) -> str:
    return "n" if symbol == "N" else symbol


def _helpers(graph: Graph) -> set[str]:
    return {"normal" if i.distribution == "normal" else "uniform" for i in graph.random if i.distribution != "switch"}


def _filled(
    graph: Graph, code: Code, owner: str, variable: str, lines_of: Callable[[RandomInfo, str], list[str]]
) -> list[str]:
    """The statements that fill all random arrays, which `owner` holds, in their order."""
    lines: list[str] = []
    for k, copies in blocks.by_blocks([info.tensor.label for info in graph.random], code.copies):
        if copies is None:
            lines += lines_of(graph.random[k], owner)
        else:
            b = blocks.block_of(code, copies)
            own = _filled(b.body.graph, b.code, variable, blocks.inner(variable), lines_of)
            lines += blocks.over(owner, copies, variable, own)
    return lines


def _standing(info: RandomInfo, owner: str) -> list[str]:
    return [f"{owner}.{info.tensor.name}[...] = {number(info.still)}"]


def drawn_lines(graph: Graph, code: Code) -> tuple[str, ...]:
    """The statements that return all random arrays by label."""
    alone = [i for i in graph.random if blocks.outside(i.tensor.label, code.copies)]
    rows = [f'"{i.tensor.label}": ws.{i.tensor.name}' for i in alone]
    if len(alone) == len(graph.random):
        return tuple(bracketed("return {", rows, "}", WIDTH - 4).split("\n"))
    first = bracketed("found = {", rows, "}", WIDTH - 4).split("\n")
    return (*first, *_drawn_by_blocks(code, "ws", "", ""), "return found")


def _drawn_by_blocks(code: Code, owner: str, label: str, inside: str) -> list[str]:
    """Loops over blocks, and over those in them, that add their random arrays by label."""
    lines: list[str] = []
    for copies in code.copies:
        b, block, counter = blocks.block_of(code, copies), f"{inside}block", f"{inside}k"
        here = f"{label}{copies.label}.{{{counter}}}."
        own = [i for i in b.body.graph.random if blocks.outside(i.tensor.label, b.code.copies)]
        body = [f'found[f"{here}{i.tensor.label}"] = {block}.{i.tensor.name}' for i in own]
        body += _drawn_by_blocks(b.code, block, here, f"inner_{inside}")
        start = f", {copies.first}" if copies.first else ""
        head = f"for {counter}, {block} in enumerate({owner}.{copies.name}{start}):"
        lines += [head, *(f"    {line}" for line in body)] if body else []
    return lines


def _drawing(info: RandomInfo, owner: str) -> list[str]:
    """The statements that fill an array."""
    name = f"{owner}.{info.tensor.name}"
    match info.distribution:
        case "switch":
            return [f"{name}[...] = {number(info.shift + info.scale)}"]
        case "bernoulli":
            lines = [f"uniform(rng, {name})", f"np.less({name}, {number(info.probability)}, out={name})"]
        case other:
            lines = [f"{other}(rng, {name})"]
    lines += [f"{name} *= {number(info.scale)}"] if info.scale != 1.0 else []
    return [*lines, *([f"{name} += {number(info.shift)}"] if info.shift else [])]


def _function(name: str, doc: str, method: str) -> Function:
    lines = (
        Line('if out.dtype.kind == "c":'),
        Line(f"out[...] = rng.{method}(out.shape)", indent=1),
        Line("else:"),
        Line("dtype: Any = out.dtype", indent=1),
        Line(f"rng.{method}(dtype=dtype, out=out)", indent=1),
    )
    return Function(name, "rng: np.random.Generator, out: Array", "None", doc, lines)


FUNCTIONS = {
    "uniform": _function("uniform", "Fills `out` with numbers from 0 to 1.", "random"),
    "normal": _function("normal", "Fills `out` with standard normal numbers.", "standard_normal"),
}
