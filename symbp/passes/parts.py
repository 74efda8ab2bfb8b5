"""What holds at single places of an axis is computed for these places alone: ``[g == 0]*a + [g == 1]*b`` part by part.

The gates of a recurrent layer stand side by side in one array, and each has a gradient of its own; the last state of a
sequence has a gradient at the last step only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbp.lower.model import (
    Affine,
    Apply,
    Array,
    Axis,
    Node,
    Position,
    Program,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Step,
    axes_of,
    factors_of,
    last_place,
    product,
    product_of,
    scaled,
    size_expr,
    sum_of,
    terms_of,
    total,
)
from symbp.notation.expr import Expr, Num, number
from symbp.passes.ledger import counted


def in_parts(program: Program) -> tuple[Program, str]:
    """Sums of values at constant places of an axis, written part by part."""
    arrays = {a.name: a for a in program.arrays}
    made: list[Step] = []
    count = 0
    for s in program.statements:
        parts = parts_of(s, arrays) if isinstance(s, Statement) else []
        count += bool(parts)
        made += parts or [s]
    did = f"{counted(count, 'value')} part by part" if count else ""
    return replace(program, statements=tuple(made)), did


def parts_of(s: Statement, arrays: Mapping[str, Array]) -> list[Statement]:
    """The statements for each part of a value, after one for what holds everywhere; none where there is no such part.

    An array that is not filled part by part yet must have the axes of the statement, each as one dimension.
    """
    free = [k for k in range(len(arrays[s.target].shape)) if k not in dict(s.at)]
    if s.accumulate or s.where or tuple(arrays[s.target].shape[k] for k in free) != tuple(a.size for a in s.axes):
        return []
    if arrays[s.target].kind != "value":
        return []
    for k, axis in enumerate(s.axes):
        split = _split(s.value, axis)
        if split.parts:
            return _written(s, axis, free[k], split)
    return []


@dataclass(frozen=True, slots=True)
class _Split:
    """The terms of a sum by the place along an axis at which they hold, and those that hold everywhere."""

    parts: Mapping[Expr, list[Node]]
    everywhere: list[Node]


def _split(value: Node, axis: Axis) -> _Split:
    parts: dict[Expr, list[Node]] = {}
    everywhere: list[Node] = []
    body = value.body if isinstance(value, Spread) else value
    for term in terms_of(body):
        place, rest = _at_place(term, axis)
        if place is not None and axis not in axes_of(rest):
            parts.setdefault(place, []).append(rest)
        else:
            everywhere.append(term)
    return _Split(parts, everywhere)


def _at_place(term: Node, axis: Axis) -> tuple[Expr | None, Node]:
    """The place at which a product is not 0, and the product there."""
    factors, scalar = factors_of(term)
    for f in factors:
        place, rest = _place(f, axis)
        if place is not None and _there(place, axis):
            return place, scaled(product_of([*(g for g in factors if g is not f), rest]), scalar)
    return None, term


def _place(factor: Node, axis: Axis) -> tuple[Expr | None, Node]:
    """The c of ``[axis == c]*rest``, or nothing."""
    match factor:
        case Apply(function="equal", args=(a, b)):
            for at, other in ((a, b), (b, a)):
                if isinstance(at, Position) and at.axis == axis and isinstance(other, Scalar):
                    return other.value, Scalar(number(1))
        case Scatter(at=((to, Affine(terms=()) as place),), over=()) if to == axis:
            sizes = (product(number(f), size_expr(name)) for name, f in place.sizes)
            return total(*sizes, number(place.offset)), factor.body
    return None, factor


def _there(place: Expr, axis: Axis) -> bool:
    """Whether the axis has this place at every size: a number on an axis of known size, the first or the last."""
    known = isinstance(place, Num) and isinstance(axis.size, int) and 0 <= place.value < axis.size
    return known or place in (number(0), last_place(axis.size))


def _written(s: Statement, axis: Axis, dimension: int, split: _Split) -> list[Statement]:
    """The whole first, unless the parts are all of it; then each part, added where there is a whole."""
    rest = tuple(a for a in s.axes if a != axis)
    covered = isinstance(axis.size, int) and len(split.parts) == axis.size
    first: list[Statement] = []
    if split.everywhere or not covered:
        whole = sum_of(split.everywhere) if split.everywhere else Scalar(number(0))
        first.append(replace(s, value=spread(whole, s.axes)))
    parts = [
        replace(
            s,
            axes=rest,
            value=spread(sum_of(terms), rest),
            at=tuple(sorted((*s.at, (dimension, place)), key=lambda item: item[0])),
            accumulate=bool(split.everywhere),
        )
        for place, terms in split.parts.items()
    ]
    return first + parts


def spread(value: Node, axes: tuple[Axis, ...]) -> Node:
    """A value over axes, of which it may lack some."""
    missing = tuple(a for a in axes if a not in axes_of(value))
    return Spread(value, missing) if missing else value
