"""Sums of shifted arrays that lie side by side along an axis: what is there at one place comes from one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from symbp.lower.build import terms_of
from symbp.lower.nodes import Apply, Axis, Node, Window, axes_of


@dataclass(frozen=True, slots=True)
class Tile:
    """An array with the axis `own`, whose places are those from `start` to `stop` along another axis."""

    source: Node
    own: Axis
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Tiles:
    """Arrays that follow each other along an axis, and are all that there is along it."""

    axis: Axis
    parts: tuple[Tile, ...]


def tiles_of(node: Node) -> Tiles | None:
    """``x[n,k] + z[n,k-3]``, of which the one ends where the other begins."""
    terms = terms_of(node)
    if len(terms) < 2 or not isinstance(terms[0], Window):
        return None
    axes = {a for place in terms[0].at for a in place[1].axes}
    found = [_tile(t, axes) for t in terms]
    parts = sorted((f for f in found if f is not None), key=lambda f: f.start)
    if len(parts) < len(terms) or len({frozenset(axes_of(t)) for t in terms}) > 1:
        return None
    (axis,) = axes
    ends = parts[0].start == 0 and parts[-1].stop == axis.size
    follow = all(first.stop == second.start for first, second in pairwise(parts))
    return Tiles(axis, tuple(parts)) if ends and follow else None


def _tile(term: Node, axes: set[Axis]) -> Tile | None:
    if not isinstance(term, Window) or term.outside or len(term.at) != 1 or len(axes) != 1:
        return None
    ((own, place),) = term.at
    (axis,) = axes
    if place.terms != ((axis, 1),) or place.sizes or not isinstance(own.size, int):
        return None
    return Tile(term.source, own, -place.offset, own.size - place.offset)


def with_tiles(node: Node, change: Callable[[Node], Node]) -> Node:
    """The same sum of shifted arrays, each of them changed."""
    if isinstance(node, Apply):
        return replace(node, args=tuple(with_tiles(a, change) for a in node.args))
    return replace(node, source=change(node.source)) if isinstance(node, Window) else node
