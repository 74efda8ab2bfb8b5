"""The class of a module that computes loss and gradients of a batch, and the steps of training that call it."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.emit.compiled.epochs import in_one_call
from symbp.emit.layout import WIDTH, bracketed
from symbp.emit.model import Code
from symbp.graph.model import Graph
from symbp.lower.model import free_name

RNG = "rng: np.random.Generator | None"
ONE_STEP = "_one_step(lr, optimizer.k, *data, *self._given(data))"


@dataclass(frozen=True, slots=True)
class GradientsText:
    """Texts for the templates; what a network does not have is empty.

    `doc` describes the class, `run` is the head of what computes a batch, `one` of what computes a micro-batch of it.
    `what` says what these fill, `total` what both halves of a batch fill, `drawing` when something is drawn.  `filled`
    are the first arguments of the backward pass, `scale` the last one, where it takes the number that all gradients are
    multiplied by; `scaled` are the statements that multiply them where it does not, for a half of a batch.

    `given` are the arguments of `run` behind the parameters, in the pure functions, `asked` those in the methods of the
    network, `rng` the last one of them.
    `step` are the statements of a training step up to its loss, `at_once` those of a step in one call; `rate` is the
    number that a step multiplies all gradients by from the start.  `halved` is the argument, and `times` the factor, by
    which it gets to the halves of a batch.  `kept` is the memory of the gradients that are kept; where it is another
    than that in which they are made, a step writes over these: they are `spent`.
    """

    doc: str
    run: str
    one: str
    what: str
    total: str
    drawing: str
    filled: str
    scale: str
    scaled: tuple[str, ...]
    given: str
    asked: str
    rng: str
    step: tuple[str, ...]
    at_once: tuple[str, ...]
    rate: str
    halved: str
    times: str
    kept: str
    spent: bool


def gradients_of(graph: Graph, code: Code, zeros: str) -> GradientsText:
    """`zeros` is the name of the function that makes an array of zeros."""
    s, rng, parts = "s, " if graph.states else "", ", rng" if graph.random else "", bool(code.micro_batch_size)
    scaled = bool(code.scale) or not apart(graph)
    before = "self._before(len(data[0])), " if any(i.carried for i in graph.states) else "self._s, " if s else ""
    spent = code.spends or bool(code.scale)
    scale = code.scale or free_name("scale", {*graph.inputs, *(t.name for t in graph.targets)})
    more = [*(["s: State"] if s else []), "data: Data", *([RNG] if rng else [])]
    return GradientsText(
        doc=_doc(parts),
        run=_method("run", ["p: Parameters", *more, *([f"{scale}: float = 1.0"] if scaled else [])]),
        one=_method("one", ["p: Parameters", "g: Parameters", *more]),
        what=f"`{scale}` times the gradients" if scaled else "the gradients",
        total="`scale` times the gradients" if code.scale else "the gradients",
        drawing=_drawing(graph, parts),
        filled=f"p, {'g' if parts else 'self.g'}, {s}ws",
        scale=f", {scale}" if code.scale else "",
        scaled=(f"if {scale} != 1.0:", f"    self.grad *= {scale}") if scaled and not code.scale else (),
        given=f"{s}data{rng}",
        asked=f"{before}data{rng}",
        rng=rng,
        step=_step(graph, code),
        at_once=_at_once(graph) if in_one_call(graph, code) else (),
        rate=code.rate,
        halved=", scale: float" if code.scale else "",
        times="scale * " if code.scale else "",
        kept=f"{zeros}(SIZE, self.dtype)" if spent else "self._grad",
        spent=spent,
    )


def apart(graph: Graph) -> str:
    """Why a batch is not halved; empty where it may be."""
    if graph.random:
        return "what a step draws comes from one generator"
    return graph.inseparable or ("" if graph.plain else "the network has several losses or targets")


def _doc(parts: bool) -> str:
    parts_of = ", added up over its micro-batches" if parts else ""
    return f"Loss and gradients of a batch{parts_of}, and the memory for them."


def _drawing(graph: Graph, parts: bool) -> str:
    if not graph.random:
        return ""
    return "  rng draws for one part after the other." if parts else "  Without rng nothing is drawn."


def _method(name: str, arguments: list[str]) -> str:
    return "def " + bracketed(f"{name}(", ["self", *arguments], ") -> Any:", WIDTH - len("    def "), 1)


def _step(graph: Graph, code: Code) -> tuple[str, ...]:
    """The statements of a training step up to its loss and the states behind it; none where a call does all of it."""
    at_once, scale = in_one_call(graph, code), ", scale" if code.scale else ""
    states, rng = "self._s, " if graph.states else "", ", self.generator" if graph.random else ""
    run, halves = f"self._first.run(self._p, {states}data{rng}{scale})", f"self._halves(data{scale})"
    before, after = _beside(graph, code)
    if apart(graph):
        return () if at_once else (*before, f"{'loss' if graph.plain else 'losses'} = {run}", *after)
    if at_once:
        return (f"loss = {halves}",)
    condition = f"{'' if graph.training.deterministic else 'self.threads == 2 and '}len(data[0]) > 1"
    if not before and not after:
        return (f"halves = {condition}", f"loss = {halves} if halves else {run}")
    whole = (*before, f"loss = {run}", *after)
    return (f"if {condition}:", f"    loss = {halves}", "else:", *(f"    {line}" for line in whole))


def _beside(graph: Graph, code: Code) -> tuple[list[str], list[str]]:
    """The statements that give states their values before and after the loss of a batch which is not halved."""
    first = next((info.tensor.label for info in graph.states if info.carried), "")
    before = [f'if len(data[0]) != len(self._carried["{first}"]):', "    self._carry(len(data[0]))"] if first else []
    before += ["ws = self._first.workspaces[_sizes(data)]"] if code.before or code.after else []
    before += ["prepare(self._p, self._s, ws)"] if code.before else []
    return before, ["follow(self._p, self._s, ws, *data[: len(INPUTS)])"] if code.after else []


def _at_once(graph: Graph) -> tuple[str, ...]:
    """The statements of a whole step in one call."""
    lines = ("optimizer.k += 1", f"return float({ONE_STEP})")
    if apart(graph):
        return lines
    alone = "" if graph.training.deterministic else "self.threads == 1 or "
    return (f"if {alone}len(data[0]) == 1:", *(f"    {line}" for line in lines))
