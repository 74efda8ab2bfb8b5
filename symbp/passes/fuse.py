"""Neighbouring statements that one compiled loop can carry out, under the name of a kernel: for the compiled flavour.

A kernel reads and writes each number once where a call for each statement goes over all of them again.  Products stay
calls, and so do logarithms of many numbers: NumPy computes them in vectors, a compiled loop one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from symbp.lower.model import (
    BACKWARD,
    COMPARISONS,
    FORWARD,
    LOSS,
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
    Statement,
    Step,
    axes_of,
    free_name,
    mapped,
    read_arrays,
)
from symbp.notation.expr import Num
from symbp.passes.ledger import counted, extent

CHEAP = {
    "add", "subtract", "multiply", "divide", "negative", "reciprocal", "square", "sqrt", "maximum", "minimum",
    "where", "exp", "tanh", "sigmoid", *COMPARISONS,
}  # fmt: skip
SLOW = {"expm1", "log", "log1p", "sin", "cos"}
FEW = 700  # so many of these cost a compiled loop less than the call of a NumPy function
MANY = 4000  # the same where a whole step is compiled
SMALL = 30_000  # numbers of all values of a step: below, a step costs its calls, and every statement becomes a loop
SHORT = 64  # rows up to this length are folded faster by a compiled loop
WORDS = {FORWARD: "forward", LOSS: "terms", BACKWARD: "backward", UPDATE: "next"}


def fuse(program: Program) -> tuple[Program, str]:
    """Neighbouring statements that work element by element, or along rows, become kernels."""
    arrays = {a.name: a for a in program.arrays}
    layers = {o.node: o.layer for o in program.origins}
    taken = {a.name for a in program.arrays}
    flats = (s for s in program.statements if isinstance(s, Statement) and isinstance(s.value, Flat))
    places = {s.target: s.value.children[0] for s in flats}
    small = _numbers(program) < SMALL
    done: list[Step] = []
    count = 0
    for key, group in groupby(program.statements, key=lambda s: _key(s, arrays, MANY if small else FEW)):
        run = list(group)
        found = [s for s in run if isinstance(s, Statement) and not isinstance(s.value, Flat)]
        if key is not None and found and (small or _pays(found)):
            name = _name(found, layers, taken)
            taken.add(name)
            first = [s for s in run if isinstance(s, Statement) and isinstance(s.value, Flat)]
            run = [*first, *(replace(s, kernel=name, value=_by_labels(s.value, places)) for s in found)]
            count += 1
        done += run
    statements = _needed(done, places)
    return replace(program, statements=statements), f"{counted(count, 'kernel')}" if count else ""


def _numbers(program: Program) -> int:
    """How many numbers a step computes one by one, those of products and of the update left out."""
    own = (s for s in program.statements if isinstance(s, Statement) and s.stage != UPDATE)
    return sum(extent(s.axes) for s in own if not isinstance(s.value, Product))


def _by_labels(value: Node, places: Mapping[str, Node]) -> Node:
    """The value with labels where it reads the places that were counted from them."""
    return mapped(value, lambda n: places.get(n.name, n) if isinstance(n, Read) else n)


def _needed(statements: Sequence[Step], places: Mapping[str, Node]) -> tuple[Step, ...]:
    """The statements without the places that no call reads any more."""
    read = {name for s in statements for name in read_arrays(s, {})}
    return tuple(s for s in statements if not (isinstance(s, Statement) and s.target in places.keys() - read))


def _key(s: Step, arrays: dict[str, Array], few: int) -> object:
    """Equal for statements that may stand in one kernel; None for one that no kernel carries out."""
    if not isinstance(s, Statement) or s.stage == PROBABILITY or not fits(s, arrays, few):
        return None
    return s.stage, s.loop, s.where


def fits(s: Statement, arrays: dict[str, Array], few: int) -> bool:
    """Whether a kernel can carry out a statement, exponentials and the like of so `few` numbers included."""
    if not s.axes or arrays[s.target].kind == "padded" or any(_place(e) is None for _, e in s.at):
        return False
    value = s.value
    if isinstance(value, Flat):
        return isinstance(value.labels, Read)
    if isinstance(value, Pick):
        return _real(value.source, arrays) and isinstance(value.labels, Read)
    if isinstance(value, Fold):
        kept = tuple(a for a in axes_of(value.body) if a not in value.over)
        rows = isinstance(value.body, Read) and value.body.axes == (*s.axes, *value.over) and kept == s.axes
        return rows and value.op in ("sum", "max", "min") and _real(value.body, arrays)
    if isinstance(value, Read | At):
        return _leaf(value, s.axes, arrays)
    if not isinstance(value, Apply) or not (value.function in CHEAP or _power(value)):
        return isinstance(value, Apply) and value.function in SLOW and extent(s.axes) <= few and _leaves(s, arrays)
    return _leaves(s, arrays)


def _power(value: Apply) -> bool:
    exponent = value.args[-1]
    whole = isinstance(exponent, Scalar) and isinstance(exponent.value, Num) and exponent.value.value in (2, 3, 4)
    return value.function == "power" and whole


def _leaves(s: Statement, arrays: dict[str, Array]) -> bool:
    """Whether every operand is a number, or an array read along the axes of the result in their order."""
    return all(_leaf(n, s.axes, arrays) for n in s.value.children)


def _leaf(node: Node, axes: Sequence[Axis], arrays: dict[str, Array]) -> bool:
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


def _real(node: Node, arrays: dict[str, Array]) -> bool:
    return isinstance(node, Read) and arrays[node.name].dtype in ("real", "bool")


def _pays(run: list[Statement]) -> bool:
    """Whether a kernel saves calls, or folds rows that NumPy is slow at."""
    short = any(isinstance(s.value, Fold) and extent(s.value.over) <= SHORT for s in run)
    return len(run) > 1 or short


def _name(run: list[Statement], layers: dict[str, str], taken: set[str]) -> str:
    """What a kernel is called: by the layer that its last statement belongs to, and the part of the step."""
    last = run[-1]
    layer, word = layers.get(last.node, ""), WORDS.get(last.stage, "input_gradient")
    stem = f"{layer}_{word}" if layer else f"{word}_{last.target}"
    return free_name(stem, taken)
