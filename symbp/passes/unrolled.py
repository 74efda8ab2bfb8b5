"""Folds over the taps of windows as expressions of single taps: what a compiled loop does at each place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import reduce

from symbp.lower.model import (
    Affine,
    Apply,
    Axis,
    Fold,
    Node,
    Position,
    Read,
    Scalar,
    Scatter,
    Taps,
    Window,
    at_tap,
    axes_of,
    first_equal_parts,
    taps_axes,
    taps_of,
)
from symbp.notation.expr import Num

TAPS = 9  # a window of 3 x 3: an expression of more is no shorter than calls
JOINS = {"max": "maximum", "min": "minimum", "sum": "add"}


def unrolls(fold: Fold, axes: tuple[Axis, ...]) -> bool:
    """Whether a fold is over few taps of an array, the last axis of which no window moves along.

    Loops then go over numbers that lie together.  Out of range may lie what is added up, where a place is shifted only.
    """
    window = _window(fold)
    if window is None or fold.op not in JOINS:
        return False
    assert isinstance(window.source, Read)
    sizes = [axis.size for axis in fold.over]
    if not all(isinstance(size, int) for size in sizes) or math.prod(map(int, sizes)) > TAPS:
        return False
    moved = {axis for axis, _ in window.at}
    if axes[-1:] != window.source.axes[-1:] or axes[-1] in moved | set(fold.over):
        return False
    known = all(isinstance(a.size, int) and not p.sizes for a, place in window.at for a, p in _sized(a, place))
    inside = all(_outside(axis, place, taps) == () for taps in taps_of(fold.over) for axis, place in window.at if known)
    return known and (inside or (fold.op == "sum" and all(_shifts(place, fold.over) for _, place in window.at)))


def _window(fold: Fold) -> Window | None:
    """What a fold reads of one array, which may have an axis for the taps."""
    window = Window(fold.body, ()) if isinstance(fold.body, Read) else fold.body
    return window if isinstance(window, Window) and isinstance(window.source, Read) else None


def _sized(axis: Axis, place: Affine) -> Iterator[tuple[Axis, Affine]]:
    yield axis, place
    yield from ((term, place) for term in place.axes)


def _shifts(place: Affine, over: tuple[Axis, ...]) -> bool:
    return [k for axis, k in place.terms if axis not in over] == [1]


def _outside(axis: Axis, place: Affine, taps: Taps) -> tuple[Apply, ...]:
    """The conditions under which a place lies on an axis; none where it always does."""
    here = at_tap(place, taps)
    if not here.terms:
        return ()
    lowest, highest = here.offset, here.offset
    for term, k in here.terms:
        reach = k * (int(term.size) - 1)
        lowest, highest = lowest + min(reach, 0), highest + max(reach, 0)
    counted = Position(here.terms[0][0])
    found = []
    if lowest < 0:
        found.append(Apply("greater_equal", (counted, Scalar(Num(Fraction(-here.offset))))))
    if highest >= int(axis.size):
        found.append(Apply("less", (counted, Scalar(Num(Fraction(int(axis.size) - here.offset))))))
    return tuple(found)


def unrolled(fold: Fold) -> Node:
    """The fold as an expression of its taps, those that always lie in the array first."""
    window = _window(fold)
    assert window is not None
    found: list[tuple[int, Node]] = []
    for taps in taps_of(fold.over):
        at = [(axis, at_tap(place, taps)) for axis, place in window.at]
        own = [(axis, Affine((), k)) for axis, k in taps.items() if axis in axes_of(window.source)]
        tap: Node = replace(window, at=(*at, *own))
        conditions = [c for axis, place in window.at for c in _outside(axis, place, taps)]
        for condition in conditions:
            tap = Apply("where", (condition, tap, Scalar(Num(Fraction(0)))))
        found.append((len(conditions), tap))
    ordered = [tap for _, tap in sorted(found, key=lambda each: each[0])]
    if fold.op == "sum":
        return reduce(lambda a, b: Apply("add", (a, b)), ordered)
    return reduce(lambda a, b: Apply(JOINS[fold.op], (b, a)), ordered)  # of equal numbers the first stays


def tiles_first_equal(scatter: Scatter, axes: tuple[Axis, ...]) -> bool:
    """Whether each place gets what belongs to one tap of one window: to the first that equals the window's maximum."""
    parts = first_equal_parts(scatter)
    if parts is None or not all(isinstance(node, Read) for node in parts[0]) or axes[-1] in dict(scatter.at):
        return False
    if math.prod(int(a.size) if isinstance(a.size, int) else TAPS + 1 for a in taps_axes(scatter)) > TAPS:
        return False
    return all(_tiles(axis, place) for axis, place in scatter.at)


def _tiles(axis: Axis, place: Affine) -> bool:
    if len(place.terms) != 2 or place.offset or place.sizes:
        return False
    (inner, one), (outer, step) = sorted(place.terms, key=lambda term: term[1])
    whole = isinstance(outer.size, int) and isinstance(inner.size, int)
    return one == 1 < step == inner.size and whole and int(outer.size) * step == axis.size
