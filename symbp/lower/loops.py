"""Array expressions inside a loop: everything with the loop's axis is read at the present step."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace

from symbp.lower.nodes import (
    STEP,
    At,
    Axis,
    Node,
    Position,
    Read,
    Scatter,
    Spread,
    Window,
    all_axes,
    mapped,
    with_children,
)

Views = Callable[[str, int], str | None]  # the name of an array at a shift, where it may be read so


def with_views(node: Node, views: Views) -> Node:
    """Reads at a number of steps before or after, ``h[t-1]``, as reads of another view of the same memory."""

    def change(n: Node) -> Node:
        read = _read_of(n.source) if isinstance(n, Window) else None
        if not isinstance(n, Window) or read is None:
            return n
        first = read.axes[0]
        place = dict(n.at).get(first)
        if place is None or place.sizes or [(a.size, factor) for a, factor in place.terms] != [(first.size, 1)]:
            return n
        name = views(read.name, place.offset)
        if name is None:
            return n
        seen = replace(read, name=name, axes=(place.terms[0][0], *read.axes[1:]))
        source = mapped(n.source, lambda inner: seen if inner == read else inner)
        rest = tuple((a, p) for a, p in n.at if a != first)
        return replace(n, source=source, at=rest) if rest else source

    return mapped(node, change)


def _read_of(node: Node) -> Read | None:
    """The array that a node is, or is a part of."""
    while isinstance(node, At):
        node = node.body
    return node if isinstance(node, Read) else None


def in_one_step(node: Node, axis: Axis, brief: Set[str]) -> Node:
    """The value of an expression at the present step of the loop over `axis`; arrays in `brief` last for one step."""

    def change(n: Node) -> Node:
        inside = n.body if isinstance(n, At) and n.place == STEP else None
        if isinstance(inside, Read) and inside.name in brief:
            return replace(inside, axes=inside.axes[1:])
        return n

    return mapped(at_step(node, axis), change)


def at_step(node: Node, axis: Axis) -> Node:
    """The value of an expression at the present step of the loop over `axis`."""
    if axis not in all_axes(node):
        return node
    if isinstance(node, Read | Position):
        return At(node, axis, STEP, equation=node.equation)
    if isinstance(node, Window | Scatter) and any(axis in (a, *place.axes) for a, place in node.at):
        return At(node, axis, STEP, equation=node.equation)
    node = with_children(node, tuple(at_step(c, axis) for c in node.children))
    if isinstance(node, Spread):
        rest = tuple(a for a in node.over if a != axis)
        return replace(node, over=rest) if rest else node.body
    return node
