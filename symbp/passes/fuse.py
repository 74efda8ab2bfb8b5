"""Neighbouring statements that one compiled loop can carry out, under the name of a kernel: for the compiled flavour.

A kernel reads and writes each number once where a call for each statement goes over all of them again.  Products stay
calls unless they are small (`symbp.passes.contracted`), and so do logarithms of many numbers: NumPy computes them in
vectors, a compiled loop one by one.

Tried and left: copies of windows.  Of LeNet's, 60 microseconds to where there is room and 137 side by side in a step of
5,500, at the rate of memory; one loop for both would save less than a hundredth.  Of a residual net over time, all
shifts in one loop took 0.7 of the time of NumPy's copies, 1.3 hundredths of a step less, and a second to compile.

In loops over parts of arrays kernels are called on parts: three convolutions of 32 x 32 images took 48.4 milliseconds
of CPU time, all at once in micro-batches 52.2, by NumPy on parts 52.8.

Left: gradients of windows that are stored in blocks stay calls.  LeNet's by kernels, and then copied into blocks, took
a step 2 to 4 % longer; kernels that store into blocks would save another hundredth or two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from symbp.lower.model import (
    BACKWARD,
    COMPARISONS,
    FORWARD,
    LOSS,
    MOST_IN_ONE,
    ONE_CALL,
    PROBABILITY,
    STEP,
    UPDATE,
    Apply,
    Array,
    At,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Product,
    Program,
    Read,
    Scalar,
    Scatter,
    Statement,
    Step,
    axes_of,
    free_name,
    mapped,
    read_arrays,
    reads,
    views_of,
    walk,
)
from symbp.notation.expr import Num
from symbp.passes.contracted import BLAS, Contracted, in_loops
from symbp.passes.ledger import Choice, Margin, Setting, cheapest, counted
from symbp.passes.looped import Looped
from symbp.passes.unrolled import tiles_first_equal, unrolled, unrolls

CHEAP = {
    "add", "subtract", "multiply", "divide", "negative", "reciprocal", "square", "sqrt", "maximum", "minimum",
    "where", "exp", "tanh", "sigmoid", *COMPARISONS,
}  # fmt: skip
SLOW = {"expm1", "log", "log1p", "sin", "cos"}
WORTH = 0.1  # of the calls' time: a kernel that saves less is not worth compiling
LEAST = 5e-4  # of a step's time: a kernel that saves less takes longer to compile than it will ever save
ALONE = 0.01  # of the time of a step that is one call: what a kernel of products alone has to save
CALLS = 0.05  # of a step's time: below, it does not count whether a whole step is one call
WORDS = {FORWARD: "forward", LOSS: "terms", BACKWARD: "backward", UPDATE: "next"}


def fuse(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Neighbouring statements that work element by element, or along rows, become kernels where that costs less."""
    arrays = {a.name: a for a in program.arrays}
    layers = {o.node: o.layer for o in program.origins}
    taken = set(arrays)
    flats = (s for s in program.statements if isinstance(s, Statement) and isinstance(s.value, Flat))
    places = {s.target: s.value.children[0] for s in flats}
    contracted, statements, choices = contracted_of(program, setting)
    program = replace(program, statements=statements)
    outside = _Outside.of(program)
    done: list[Step] = []
    for key, group in groupby(program.statements, key=lambda s: kernel_key(s, contracted)):
        run = list(group)
        found = [s for s in run if isinstance(s, Statement) and not isinstance(s.value, Flat)]
        if key is not None and found:
            name = _name(found, layers, taken)
            choice = kernel_choice(name, found, contracted, outside.read(found))
            choices.append(choice)
            if choice.chosen == LOOPS:
                taken.add(name)
                first = [s for s in run if isinstance(s, Statement) and isinstance(s.value, Flat)]
                run = [*first, *(replace(s, kernel=name, value=_in_loops(s, places)) for s in found)]
        done += [contracted.call(s) if isinstance(s, Statement) else s for s in run]
    count = sum(choice.chosen == LOOPS for choice in choices)
    statements = _needed(done, places)
    return replace(program, statements=statements), counted(count, "kernel") if count else "", tuple(choices)


def contracted_of(program: Program, setting: Setting) -> tuple[Contracted, tuple[Step, ...], list[Choice]]:
    """The products that loops carry out, the statements with these in the place of calls, and why."""
    prices = Looped(setting, {a.name: a for a in program.arrays})
    whole, choices = _whole(program, prices)
    least = ALONE * choices[0].candidates[1][1] if whole else LEAST * _seconds(program.statements, prices)
    contracted = Contracted(prices, whole, least)
    statements = tuple(contracted.chosen(program.statements))
    return contracted, statements, [*choices, *contracted.choices]


def _whole(program: Program, prices: Looped) -> tuple[bool, list[Choice]]:
    """Whether all that goes over numbers becomes loops, so that a whole step can be one compiled call."""
    step = [s for s in program.statements if s.stage in (FORWARD, LOSS, BACKWARD, UPDATE)]
    own = [s for s in step if isinstance(s, Statement) and not s.loop]
    calls = [s for s in own if s.axes and _stays_call(s, prices.arrays)]
    stay = {id(s) for s in calls}
    loops = [s for s in own if s.axes and id(s) not in stay and not isinstance(s.value, Flat)]
    plain = len(own) == len(step) <= MOST_IN_ONE and not program.bodies and program.parameter_count <= ONE_CALL
    if not plain or not all(fits(s, prices.arrays) for s in loops):
        return False, []
    apart = sum(min(prices.called(s), prices.work(s)) for s in loops) + sum(map(prices.called, calls))
    together = sum(map(prices.work, loops)) + sum(_inside(s, prices) for s in calls)
    candidates = ((APART, apart), ("one compiled call", together))
    choice = cheapest("a step", candidates, "work and calls of products, without memory", Margin(APART, CALLS))
    return choice.chosen != APART, [choice]


def _stays_call(s: Statement, arrays: Mapping[str, Array]) -> bool:
    """A product, or a sum that is one with a vector of ones."""
    return isinstance(s.value, Product) or (isinstance(s.value, Fold) and s.value.op == "sum" and not fits(s, arrays))


def _inside(s: Statement, prices: Looped) -> float:
    """What a product costs in a compiled step: as a call of BLAS, or as loops."""
    other = in_loops(s, prices)
    return prices.inside(s) if other is None else min(prices.inside(s), prices.work(other))


LOOPS, NUMPY, APART = "a compiled loop", "calls of NumPy", "calls and kernels"


def kernel_choice(name: str, run: list[Statement], contracted: Contracted, needed: set[str]) -> Choice:
    """Whether statements become a kernel; it has to save the `least` seconds.

    In a step that is one call, all become loops but products alone: a loop of these takes as long to compile as a
    larger one.
    """
    prices, least, times = contracted.prices, contracted.least, contracted.prices.setting.steps(run[0].loop)
    if contracted.whole and all(id(s) in contracted.calls for s in run):
        loops, calls = sum(map(prices.work, run)), sum(prices.inside(contracted.call(s)) for s in run)
        return cheapest(name, ((LOOPS, loops), (BLAS, calls)), "products in one call", Margin(BLAS, 0.0, least))
    kernel = times * prices.kernel(run, needed)
    calls = times * sum(prices.called(contracted.call(s)) for s in run)
    candidates, reason = ((LOOPS, kernel), (NUMPY, calls)), counted(len(run), "statement")
    if contracted.whole:
        return Choice(name, candidates, LOOPS, f"{reason} of a step that is one compiled call")
    return cheapest(name, candidates, reason, Margin(NUMPY, WORTH, least))


def _seconds(statements: Sequence[Step], prices: Looped) -> float:
    """What a step takes by calls."""
    step = [s for s in statements if isinstance(s, Statement) and s.stage in (FORWARD, LOSS, BACKWARD, UPDATE)]
    return sum(prices.setting.steps(s.loop) * prices.called(s) for s in step)


@dataclass(frozen=True, slots=True)
class _Outside:
    """How many statements read each array, and the arrays that outlive the step."""

    views: dict[str, str]
    readers: Counter[str]
    lasting: frozenset[str]

    @classmethod
    def of(cls, program: Program) -> _Outside:
        views = views_of(program.arrays)
        readers = Counter(name for s in program.statements for name in read_arrays(s, views))
        lasting = program.lasting | {a.name for a in program.arrays if a.kind != "value" or a.view_of}
        return cls(views, readers, lasting)

    def read(self, run: list[Statement]) -> set[str]:
        """What these statements make and others read, or what outlives the step."""
        own = Counter(name for s in run for name in read_arrays(s, self.views))
        made = {s.target for s in run}
        return {name for name in made if name in self.lasting or self.readers[name] > own[name]}


def _in_loops(s: Statement, places: Mapping[str, Node]) -> Node:
    """The value with labels where it reads the places that were counted from them, and taps where it folds windows."""
    if isinstance(s.value, Fold) and unrolls(s.value, s.axes):
        return unrolled(s.value)
    return mapped(s.value, lambda n: places.get(n.name, n) if isinstance(n, Read) else n)


def _needed(statements: Sequence[Step], places: Mapping[str, Node]) -> tuple[Step, ...]:
    """The statements without the places that no call reads any more."""
    read = {name for s in statements for name in read_arrays(s, {})}
    return tuple(s for s in statements if not (isinstance(s, Statement) and s.target in places.keys() - read))


def kernel_key(s: Step, contracted: Contracted) -> object:
    """Equal for statements that may stand in one kernel; None for one that no kernel carries out."""
    prices, whole = contracted.prices, contracted.whole
    if isinstance(s, Statement) and id(s) in contracted.calls:
        return s.stage, s.loop, s.where
    if not isinstance(s, Statement) or s.stage == PROBABILITY or not fits(s, prices.arrays):
        return None
    machine = prices.setting.machine
    apart = machine.loop("call") + machine.loop("array", 4)  # what a kernel in two pieces costs besides
    slow = any(isinstance(n, Apply) and n.function in SLOW for n in walk(s.value)) or isinstance(s.value, Fold)
    if not whole and slow and prices.work(s) > prices.called(s) + apart:
        return None
    return s.stage, s.loop, s.where


def fits(s: Statement, arrays: Mapping[str, Array]) -> bool:
    """Whether a kernel can carry out a statement."""
    if not s.axes or arrays[s.target].kind == "padded" or any(_place(e) is None for _, e in s.at):
        return False
    value = s.value
    if isinstance(value, Flat):
        return isinstance(value.labels, Read)
    if isinstance(value, Pick):
        return _real(value.source, arrays) and isinstance(value.labels, Read)
    if isinstance(value, Scatter):
        own = reads(value)
        real = all(arrays[name].dtype == "real" for name in own) and arrays[s.target].kind == "value"
        return real and not (s.at or s.accumulate) and tiles_first_equal(value, s.axes)
    if isinstance(value, Fold) and unrolls(value, s.axes):
        return all(arrays[name].dtype == "real" for name in reads(value))
    if isinstance(value, Fold):
        kept = tuple(a for a in axes_of(value.body) if a not in value.over)
        rows = isinstance(value.body, Read) and value.body.axes == (*s.axes, *value.over) and kept == s.axes
        return rows and value.op in ("sum", "max", "min") and _real(value.body, arrays)
    if isinstance(value, Read | At):
        return _leaf(value, s.axes, arrays)
    known = isinstance(value, Apply) and (value.function in CHEAP | SLOW or _power(value))
    return known and _leaves(s, arrays)


def _power(value: Apply) -> bool:
    exponent = value.args[-1]
    whole = isinstance(exponent, Scalar) and isinstance(exponent.value, Num) and exponent.value.value in (2, 3, 4)
    return value.function == "power" and whole


def _leaves(s: Statement, arrays: Mapping[str, Array]) -> bool:
    """Whether every operand is a number, or an array read along the axes of the result, the last one alike."""
    return all(_leaf(n, s.axes, arrays) or _turned(n, s.axes, arrays) for n in s.value.children)


def _turned(node: Node, axes: Sequence[Axis], arrays: Mapping[str, Array]) -> bool:
    """Whether an array is read in another order, but along its last axis as the result is: in runs."""
    return _real(node, arrays) and set(axes_of(node)) <= set(axes) and axes_of(node)[-1:] == tuple(axes[-1:])


def _leaf(node: Node, axes: Sequence[Axis], arrays: Mapping[str, Array]) -> bool:
    if isinstance(node, Scalar):
        return not any(n == STEP for n in (node.value,))
    if isinstance(node, OneHot):
        return isinstance(node.labels, Read)
    if isinstance(node, Apply) and node.function == "multiply":  # one-hot rows, scaled
        return any(isinstance(a, OneHot) for a in node.args) and all(_leaf(a, axes, arrays) for a in node.args)
    body = node
    while isinstance(body, At):
        if _place(body.place) is None:
            return False
        body = body.body
    own = axes_of(node)
    return _real(body, arrays) and own == tuple(a for a in axes if a in own)


def _place(e: object) -> object | None:
    return e if isinstance(e, Num) or e == STEP else None


def _real(node: Node, arrays: Mapping[str, Array]) -> bool:
    return isinstance(node, Read) and arrays[node.name].dtype in ("real", "bool")


def _name(run: list[Statement], layers: dict[str, str], taken: set[str]) -> str:
    """What a kernel is called: by the layer that its last statement belongs to, and the part of the step."""
    last = run[-1]
    layer, word = layers.get(last.node, ""), WORDS.get(last.stage, "input_gradient")
    stem = f"{layer}_{word}" if layer else f"{word}_{last.target}"
    return free_name(stem, taken)
