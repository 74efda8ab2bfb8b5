"""How the functions of a module that have modes are written and called: a generator, states, both or neither."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.emit.layout import WIDTH, bracketed, docstring, signature
from symbp.emit.module_gradients import apart
from symbp.emit.module_parameters import total
from symbp.graph.model import Graph

RNG = "rng: np.random.Generator | None = None"
STATES = "state: Mapping[str, npt.ArrayLike] | None = None"
TRAINING = "training: bool = False"
DRAWS = "With `training` the network's generator draws, as in a step."
INPUT = "The gradient of the loss by x, or by each real input (a dict), the target held fixed."


@dataclass(frozen=True, slots=True)
class Calls:
    """Heads of functions, statements in them, and calls.

    `given` are the statements of a pure function that see to draws and states, `state` is what the states are in it,
    `words` what its docstring says of them.  `apart` says why no half-batches are trained side by side,
    `deterministic` whether they are apart on one thread too; `training` is the argument of methods that may draw.
    `fixed` is the name of the function whose gradient is checked: with `fixed_call`, one that makes the same draws
    every time.
    """

    loss_and_grad: str
    input_gradient: str
    words: tuple[str, ...]
    given: tuple[str, ...]
    state: str
    of_network: str
    apart: str
    deterministic: bool
    training: str
    loss_head: str
    loss_doc: str
    input_doc: str
    fixed: str
    fixed_words: str
    fixed_call: str


def calls_of(graph: Graph, y_argument: str, batch: bool) -> Calls:
    """The texts of the pure functions; `y_argument` is their argument for the targets."""
    random, states = bool(graph.random), bool(graph.states)
    more = [*([RNG] if random else []), *([STATES] if states else [])]
    pure = ["theta: Array", "x: Any", y_argument, *(["*", *more] if more else [])]
    carried = any(info.carried for info in graph.states)
    state = f"_state(state, theta{', len(data[0])' if carried else ''})" if states else ""
    given = [f"s = {state}"] if states else []
    given += ["if rng is not None:", "    draw(ws, rng)"] if random else []
    named = [*(["rng=rng"] if random else []), *(["state=self.state"] if states else [])]
    fixed = [*(["rng=np.random.default_rng(1)"] if random else [])]
    fixed += ["state=by_label(start, STATE)"] if states else []
    same = [*(["draws"] if random else []), *(["states"] if states else [])]
    of_net = ["self", "x: Any", y_argument, *(["*", TRAINING] if random else [])]
    return Calls(
        loss_and_grad=f"def {signature('loss_and_grad', pure, 'tuple[Any, Array]')}",
        input_gradient=f"def {signature('input_gradient', pure, 'dict[str, Array]')}",
        words=_words(random, states),
        given=tuple(given),
        state=state,
        of_network=", ".join(["self._theta", "x", "y", *named]),
        apart=apart(graph),
        deterministic=graph.training.deterministic,
        training=f", *, {TRAINING}" if random else "",
        loss_head=f"def {bracketed('loss_and_grad(', of_net, ') -> tuple[float, Array]:', WIDTH - len('    def '), 1)}",
        loss_doc=docstring("\n".join(_loss_doc(graph, batch)), 2),
        input_doc=docstring("\n\n".join([INPUT, *([DRAWS] if random else [])]), 2),
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
    said = [DRAWS] if graph.random else []
    said += ["Batch statistics are those of x."] if batch else []
    return [summary, "", "  ".join(said)] if said else [summary]

