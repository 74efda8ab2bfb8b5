"""Integers that follow from places alone: tables that never change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from symbp.lower.nodes import Apply, Axis, Node, Position, Scalar, all_axes, axes_of
from symbp.notation.expr import Num

LARGEST = 1 << 20  # places that are looked at
STEPS = 9  # one more than the largest step of a run

_FUNCTIONS: dict[str, Callable[..., int]] = {
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b, "negative": lambda a: -a,
    "floor_divide": lambda a, b: a // b, "remainder": lambda a, b: a % b, "abs": abs, "square": lambda a: a * a,
    "maximum": max, "minimum": min, "where": lambda c, a, b: a if c else b, "sign": lambda a: (a > 0) - (a < 0),
    "greater": lambda a, b: a > b, "greater_equal": lambda a, b: a >= b, "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b, "equal": lambda a, b: a == b, "not_equal": lambda a, b: a != b,
}  # fmt: skip


def extremes(node: Node) -> tuple[int | None, int | None]:
    """What an integer expression is never below and never above; None where this cannot be known.

    The greater of two integers is never below either of them, whatever the other one is.
    """
    values = table(node)
    if values is not None:
        return min(values), max(values)
    if not isinstance(node, Apply) or node.function not in ("maximum", "minimum"):
        return None, None
    low, high = zip(*map(extremes, node.args), strict=True)
    if node.function == "maximum":
        return max((v for v in low if v is not None), default=None), _of_all(max, high)
    return _of_all(min, low), min((v for v in high if v is not None), default=None)


def _of_all(choose: Callable[[Iterable[int]], int], values: Sequence[int | None]) -> int | None:
    known = [v for v in values if v is not None]
    return choose(known) if len(known) == len(values) else None


def table(node: Node) -> list[int] | None:
    """The values of an integer expression of places, in C order of its axes; None where they cannot be known."""
    axes = axes_of(node)
    if not all(isinstance(a.size, int) for a in all_axes(node)) or not _known(node):
        return None
    sizes = [a.size for a in axes if isinstance(a.size, int)]
    if prod(sizes) > LARGEST:
        return None
    return [_value(node, dict(zip(axes, at, strict=True))) for at in product(*map(range, sizes))]


@dataclass(frozen=True, slots=True)
class Run:
    """The places ``start + step*k`` for k below `count`, at which a table holds ``value + change*k``."""

    start: int
    step: int
    value: int
    change: int
    count: int


def runs(values: Sequence[int], size: int) -> list[Run]:
    """A table cut into runs of distinct values, each once, as few as a greedy search finds.

    Values outside of 0 to `size` - 1 are left out.

    >>> runs([0, 0, 1, 1, 2, 2], 3)
    [Run(start=0, step=2, value=0, change=1, count=3), Run(start=1, step=2, value=0, change=1, count=3)]
    >>> [(r.start, r.value, r.change, r.count) for r in runs([2, 1, 0, 1, 2, 3, 2, 1], 4)]
    [(2, 0, 1, 4), (0, 2, -1, 2), (6, 2, -1, 2)]
    """
    left = {k for k, v in enumerate(values) if 0 <= v < size}
    found: list[Run] = []
    while left:
        best = max((_longest(values, left, k, step) for k in sorted(left) for step in range(1, STEPS)), key=_length)
        left -= {best.start + best.step * k for k in range(best.count)}
        found.append(best)
    return found


def _longest(values: Sequence[int], left: set[int], start: int, step: int) -> Run:
    """The longest run from a place on, with this step and the change that its first two values have."""
    second = start + step
    change = values[second] - values[start] if second in left else 0
    count = 1
    while change and start + step * count in left and values[start + step * count] == values[start] + change * count:
        count += 1
    return Run(start, step if count > 1 else 1, values[start], change if count > 1 else 1, count)


def _length(run: Run) -> tuple[int, int, int]:
    return run.count, -run.step, -run.start


def _known(node: Node) -> bool:
    match node:
        case Scalar():
            return isinstance(node.value, Num) and node.value.value.denominator == 1
        case Position():
            return True
        case Apply():
            return node.function in _FUNCTIONS and all(map(_known, node.args))
    return False


def _value(node: Node, at: Mapping[Axis, int]) -> int:
    match node:
        case Scalar(value=Num(value=value)):
            return int(value)
        case Position():
            return at[node.axis]
        case Apply():
            return int(_FUNCTIONS[node.function](*(_value(a, at) for a in node.args)))
    raise TypeError(f"no integer of places: {node!r}")
