"""Along which axes slices run where places are affine, and which axes are counted by loops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from symbp.lower.affine import inside
from symbp.lower.nodes import Affine, Apply, Axis, Places, Scatter, Window, axes_of, length_of


@dataclass(frozen=True, slots=True)
class Reach:
    """The places along one dimension: ``start + factor*run``.  `run` is None where the start is all.

    The axes of `start` are counted by loops, or come as axes of their own in a view.
    """

    run: Axis | None
    factor: int
    start: Affine


def reaches(axes: Sequence[Axis], at: Places, looped: Sequence[Axis] = ()) -> dict[Axis, Reach]:
    """For each dimension of an array with these axes: its own places, or those that `at` gives.

    Of several axes in one place, the longest is run along, unless it is `looped` or stands in another place beside
    others.  One that stands in several places by itself runs along a diagonal.
    """
    places = {axis: dict(at).get(axis, Affine(((axis, 1),))) for axis in axes}
    beside = [a for place in places.values() for a in place.axes if len(place.terms) > 1]
    alone = [place.axes[0] for place in places.values() if len(place.terms) == 1]
    found: dict[Axis, Reach] = {}
    for axis in axes:
        place = places[axis]
        fit = [t for t in place.terms if t[0] not in looped and beside.count(t[0]) + (t[0] in alone) == 1]
        run, factor = max(fit, key=lambda term: length_of(term[0]), default=(None, 1))
        rest = tuple(term for term in place.terms if term[0] != run)
        found[axis] = Reach(run, factor, Affine(rest, place.offset, place.sizes))
    return found


def scattered(axes: Sequence[Axis], node: Scatter) -> dict[Axis, Reach]:
    """The places of a scatter: loops count the taps of which a condition beside a value chooses one."""
    chosen = isinstance(node.body, Apply) and len(node.body.args) == 2
    kept = axes_of(node.body.children[0]) if chosen else node.over
    return reaches(axes, node.at, tuple(a for a in node.over if a not in kept))


def loops_of(found: dict[Axis, Reach]) -> tuple[Axis, ...]:
    """The axes that loops count, in order."""
    return tuple(dict.fromkeys(a for r in found.values() for a in r.start.axes))


FEW = 4  # taps that are written one by one, not as a loop


def is_tap_by_tap(node: Window) -> bool:
    """Whether a window that leaves its array is a few shifted reads: they are put side by side without padding it."""
    if len(node.at) != 1 or node.outside or inside(node.at[0][1], node.at[0][0]):
        return False
    ((axis, place),) = node.at
    found = reaches(axes_of(node.source), node.at)
    taps = [a.size for a in loops_of(found)]
    few = len(taps) == 1 and isinstance(taps[0], int) and 1 < taps[0] <= FEW
    run = found[axis].run
    whole = run is not None and isinstance(run.size, int) and isinstance(axis.size, int)
    return few and whole and not place.sizes and found[axis].factor == 1


def taps_apart(at: Places) -> bool:
    """Whether no two of the elements that loops put at these places, each beside a run, meet."""
    found = reaches(tuple(axis for axis, _ in at), at)
    return all(_spread(r) <= abs(r.factor) for r in found.values())


def taps_everywhere(at: Places) -> bool:
    """Whether elements that do not meet fall on every place."""
    found = reaches(tuple(axis for axis, _ in at), at)
    return all(
        r.run is not None
        and isinstance(r.run.size, int)
        and r.run.size * abs(r.factor) == axis.size
        and math.prod(length_of(a) for a in r.start.axes) == abs(r.factor)
        for axis, r in found.items()
    )


def _spread(r: Reach) -> int:
    """How many places lie from the first to the last start."""
    return 1 + sum(abs(f) * (length_of(a) - 1) for a, f in r.start.terms)
