"""Orders of dimensions in which windows are matrices where they lie: their axis first, then the channels."""

from __future__ import annotations

from collections.abc import Mapping

from symbp.lower.model import Array, Axis, Statement
from symbp.passes.relations import Windowed, windowed

Order = tuple[int, ...]


def rows_first(s: Statement, arrays: Mapping[str, Array]) -> dict[str, Order]:
    """The orders of the image and of the result of a product over windows; nothing where it is none.

    An image (n, c, h, w) becomes (h, c, w, n): the rows h, h + 1, h + 2 of all channels are then one matrix.
    """
    w = windowed(s)
    if w is None or not w.relations:
        return {}
    found = {}
    for name, axes in ((s.target, s.axes), (w.source.name, w.source.axes), (w.other.name, w.other.axes)):
        slow = _windows(w, axes)
        if len(slow) == len(w.relations) and len(axes) == len(arrays[name].shape):
            rest = [k for k in range(1, len(axes)) if k not in slow]
            found[name] = (slow[0], *rest, *slow[1:], 0)
    return found


def _windows(w: Windowed, axes: tuple[Axis, ...]) -> list[int]:
    """The dimensions along which windows lie, in the order of the relations."""
    return [axes.index(a) for r in w.relations for a in (r.hi, r.lo) if a in axes]
