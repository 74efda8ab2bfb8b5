"""How the functions of a module that have modes are written and called: a generator, states, both or neither."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.emit.layout import docstring, signature
from symbp.emit.model import Code
from symbp.emit.module_parameters import total
from symbp.emit.module_threads import apart, halved, lines_of_step
from symbp.graph.model import Graph

RNG = "rng: np.random.Generator | None = None"
STATES = "state: Mapping[str, npt.ArrayLike] | None = None"


@dataclass(frozen=True, slots=True)
class Calls:
    """Heads of functions, statements in them, and calls.

    `halved` is the condition under which a training step works on halves of a batch.
    `given` are the statements of the pure functions that see to draws and states, `words` what their docstring says of
    them; `step` those of a training step up to its loss, `apart` why no half-batches are trained side by side,
    `half` whether there is a class of its own for the second half, which `second` makes;
    `deterministic` whether they are apart on one thread too.  `fixed` is the name of the function whose gradient is
    checked: with `fixed_call`, one that makes the same draws every time.
    """

    loss_and_grad: str
    input_gradient: str
    loss_and_gradients: str
    words: tuple[str, ...]
    given: tuple[str, ...]
    of_network: str
    step: tuple[str, ...]
    halved: str
    apart: str
    half: bool
    second: str
    deterministic: bool
    loss_doc: str
    fixed: str
    fixed_words: str
    fixed_call: str


def calls_of(graph: Graph, code: Code, y_argument: str, batch: bool) -> Calls:
    random, states = bool(graph.random), bool(graph.states)
    more = [*([RNG] if random else []), *([STATES] if states else [])]
    pure = ["theta: Array", "x: Any", y_argument, *(["*", *more] if more else [])]
    inner = ["p: Parameters", "g: Parameters", *(["s: State"] if states else []), "ws: Workspace", "data: Data"]
    inner += [f"{code.scale}: float = 1.0"] if code.scale else []
    carried = any(info.carried for info in graph.states)
    given = [f"s = _state(state, theta{', len(data[0])' if carried else ''})"] if states else []
    given += ["if rng is not None:", "    draw(ws, rng)"] if random else []
    named = [*(["rng=rng"] if random else []), *(["state=self.state"] if states else [])]
    fixed = [*(["rng=np.random.default_rng(1)"] if random else [])]
    fixed += ["state=by_label(start, STATE)"] if states else []
    losses = "Any" if graph.plain else "tuple[Any, ...]"
    same = [*(["draws"] if random else []), *(["states"] if states else [])]
    return Calls(
        loss_and_grad=f"def {signature('loss_and_grad', pure, 'tuple[Any, Array]')}",
        input_gradient=f"def {signature('input_gradient', pure, 'dict[str, Array]')}",
        loss_and_gradients=f"def {signature('_loss_and_gradients', inner, losses)}",
        words=_words(random, states),
        given=tuple(given),
        of_network=", ".join(["self._theta", "x", "y", *named]),
        step=lines_of_step(graph, code, _step(graph, code)),
        halved=halved(graph),
        apart=apart(graph),
        half=not (apart(graph) or code.micro_batch_size),
        second="Accumulated(np.zeros_like(self._theta))" if code.micro_batch_size else "Half(self._theta)",
        deterministic=graph.training.deterministic,
        loss_doc=docstring("\n".join(_loss_doc(graph, batch)), 2),
        fixed="_fixed_loss_and_grad" if fixed else "loss_and_grad",
        fixed_words=" and ".join(same),
        fixed_call=", ".join(["theta", "x", "y", *fixed]) if fixed else "",
    )


def _words(random: bool, states: bool) -> tuple[str, ...]:
    found = ["rng draws what a training step draws; without it nothing is drawn."] if random else []
    return (*found, *(["state is as net.state, by default that of a new network."] if states else []))


def _loss_doc(graph: Graph, batch: bool) -> list[str]:
    """The docstring of the network's `loss_and_grad`."""
    summary = f"The loss, and its gradient [{total(graph)}] in the order of theta."
    said = ["With `training` the network's generator draws, as in a step."] if graph.random else []
    said += ["Batch statistics are those of x."] if batch else []
    return [summary, "", "  ".join(said)] if said else [summary]


def _step(graph: Graph, code: Code) -> tuple[str, ...]:
    """The statements of a training step, up to its loss and the states behind it."""
    name, scale = "loss" if graph.plain else "losses", f", {code.scale}" if code.scale else ""
    if code.micro_batch_size:
        rng = ", self.generator" if graph.random else ""
        return (f"{name} = self._first.run(self._p, data{rng})",)
    if not graph.random and not graph.states:
        return (f"{name} = _loss_and_gradients(self._p, self._g, self._workspace(data), data{scale})",)
    states = ", self._s" if graph.states else ""
    lines = ["ws = self._workspace(data)"]
    if any(info.carried for info in graph.states):
        first = next(info.tensor.label for info in graph.states if info.carried)
        lines += [f'if len(data[0]) != len(self._carried["{first}"]):', "    self._carry(len(data[0]))"]
    lines += ["draw(ws, self.generator)"] if graph.random else []
    lines += ["prepare(self._p, self._s, ws)"] if code.before else []
    lines.append(f"{name} = _loss_and_gradients(self._p, self._g{states}, ws, data{scale})")
    lines += ["follow(self._p, self._s, ws, *data[: len(INPUTS)])"] if code.after else []
    return tuple(lines)
