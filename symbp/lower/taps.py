"""The taps of windows, counted out: what a compiled loop does at each place of a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from symbp.lower.nodes import FIRST_EQUAL, Affine, Apply, Axis, Node, Read, Scatter, Window

Taps = Mapping[Axis, int]


def taps_of(over: tuple[Axis, ...]) -> list[dict[Axis, int]]:
    """The places of all taps, the last axis fastest."""
    return [dict(zip(over, taps, strict=True)) for taps in product(*(range(int(axis.size)) for axis in over))]


def at_tap(place: Affine, taps: Taps) -> Affine:
    """A place where a tap is counted out."""
    terms = tuple((axis, k) for axis, k in place.terms if axis not in taps)
    return replace(place, terms=terms, offset=place.offset + sum(k * taps[a] for a, k in place.terms if a in taps))


def first_equal_parts(scatter: Scatter) -> tuple[list[Node], Apply] | None:
    """The factors of what is scattered, and the condition beside them."""
    body = scatter.body
    factors = body.args if isinstance(body, Apply) and body.function == "multiply" else (body,)
    hits = [n for n in factors if isinstance(n, Apply) and n.function == FIRST_EQUAL]
    rest = [n for n in factors if n not in hits]
    if len(hits) != 1 or len(rest) != 1:
        return None
    window, largest = hits[0].args
    known = isinstance(window, Window) and isinstance(window.source, Read) and isinstance(largest, Read)
    return (rest, hits[0]) if known else None


def taps_axes(scatter: Scatter) -> tuple[Axis, ...]:
    """The axes that count the taps of a window, in their order."""
    return tuple(axis for _, place in scatter.at for axis, k in place.terms if k == 1)


def windows_of(scatter: Scatter, axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """The axes of loops over the windows: those of the result, each scattered one replaced by that of its windows."""
    windows = {axis: next(a for a, k in place.terms if k != 1) for axis, place in scatter.at}
    return tuple(windows.get(axis, axis) for axis in axes)
