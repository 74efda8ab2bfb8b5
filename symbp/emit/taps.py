"""Whether the taps of a scatter meet: those that do not are put in place, not added up."""

from __future__ import annotations

import math

from symbp.lower.model import Axis, Places, Reach, reaches


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
        and math.prod(_length(a) for a in r.start.axes) == abs(r.factor)
        for axis, r in found.items()
    )


def _spread(r: Reach) -> int:
    """How many places lie from the first to the last start."""
    return 1 + sum(abs(f) * (_length(a) - 1) for a, f in r.start.terms)


def _length(axis: Axis) -> int:
    return axis.size if isinstance(axis.size, int) else 1 << 30
