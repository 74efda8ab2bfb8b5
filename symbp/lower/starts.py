"""Initial states: ``p[n,t,j] = h[n,t-1,j] + [t == 0]*h0[n,j]`` is what a step finds of the one before.

Such a value needs no memory of its own.  It is the array of ``h``, one step earlier, and the initial state is what lies
there before the first step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbp.lower.sweeps import Sweep, steps
from symbp.notation.expr import Add, Compare, Equation, Expr, Index, Mul, Num, Ref, number, walk


@dataclass(frozen=True, slots=True)
class Start:
    """The value `name` is the value `of` at `shift` steps; `equation` says what it is where there is no such step."""

    name: str
    of: str
    shift: int
    equation: Equation  # without the index of the steps


def starts_of(sweep: Sweep, equations: Sequence[Equation]) -> tuple[Start, ...]:
    """The initial states of a recurrence; `equations` are all that may read its values."""
    found = [s for e in sweep.equations if (s := _start(e, sweep)) is not None]
    return tuple(s for s in found if not _read_otherwise(s, sweep, equations))


def _start(e: Equation, sweep: Sweep) -> Start | None:
    if not isinstance(e.rhs, Add) or len(e.rhs.args) != 2:
        return None
    first = sweep.places[e.name]
    index = e.indices[first]
    for before, other in (e.rhs.args, e.rhs.args[::-1]):
        shift = _step_before(before, e, first, sweep)
        value = _at_the_end(other, index, shift) if shift else None
        if isinstance(before, Ref) and value is not None and not _depends(value, index, sweep):
            left = Ref(e.name, tuple(i for i in e.indices if i != index))
            return Start(e.name, before.name, shift, Equation(left, value))
    return None


def _step_before(before: Expr, e: Equation, first: int, sweep: Sweep) -> int:
    """-1 for the value of a member at ``t-1`` and the other indices of the equation, 1 for ``t+1``, else 0."""
    if not isinstance(before, Ref) or sweep.places.get(before.name) != first:
        return 0
    shift = steps(before.at[first], e.indices[first])
    same = all(at == i for k, (at, i) in enumerate(zip(before.at, e.indices, strict=True)) if k != first)
    return shift if same and shift in (-1, 1) else 0


def _at_the_end(term: Expr, index: Index, shift: int) -> Expr | None:
    """The rest of ``[t == 0]*rest``, or from right to left of ``[t == T - 1]*rest``."""
    for k, factor in enumerate(term.args if isinstance(term, Mul) else ()):
        if isinstance(factor, Compare) and factor.op == "==" and index in (factor.left, factor.right):
            place = factor.right if factor.left == index else factor.left
            if place == number(0) if shift < 0 else _is_last(place, index):
                rest = tuple(a for j, a in enumerate(term.children) if j != k)
                return rest[0] if len(rest) == 1 else Mul(rest)
    return None


def _is_last(place: Expr, index: Index) -> bool:
    if isinstance(index.size, Num):
        return place == number(index.size.value - 1)
    return isinstance(place, Add) and set(place.args) == {index.size, number(-1)}


def _depends(value: Expr, index: Index, sweep: Sweep) -> bool:
    return any(n == index or (isinstance(n, Ref) and n.name in sweep.places) for n in walk(value))


def _read_otherwise(start: Start, sweep: Sweep, equations: Sequence[Equation]) -> bool:
    """Whether the place of the initial state is read as what lies beyond the axis, or the value beyond its own."""
    for e in equations:
        for r in (n for n in walk(e.rhs) if isinstance(n, Ref) and n.name in (start.name, start.of)):
            place = r.at[sweep.places[r.name]]
            indices = [n for n in walk(place) if isinstance(n, Index)]
            if not indices:
                continue  # a constant place, which is on the axis
            shift = steps(place, indices[0]) if len(indices) == 1 else None
            if shift is None or (r.name == start.name and shift != 0):
                return True
            if r.name == start.of and e.name != start.name and shift * start.shift > 0:
                return True
    return False
