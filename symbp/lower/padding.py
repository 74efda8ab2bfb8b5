"""Windows that leave an axis in two steps: what is read of the axis, padded, and a window that stays on that."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.affine import bounds, constant, ends_inside, extent_of, inside, moved, negated, starts_inside
from symbp.lower.fresh import fresh_axis
from symbp.lower.nodes import Affine, Axis, Node, Scatter, Window, all_axes


def padded(node: Window) -> tuple[Window, Window]:
    """What is read of the source, with `outside` where that is beyond it; and the window over that, in place of it.

    The second one has the first as its source.
    """
    pads: list[tuple[Axis, Affine]] = []
    at: list[tuple[Axis, Affine]] = []
    taken = {a.letter for a in all_axes(node)}
    for axis, place in node.at:
        if inside(place, axis):
            at.append((axis, place))
            continue
        low, high = bounds(place)
        new = fresh_axis(Axis(axis.letter, extent_of(low, high)), taken)
        pads.append((axis, Affine(((new, 1),), constant(low).offset, constant(low).sizes)))
        at.append((new, moved(place, negated(low))))
    pad = Window(node.source, tuple(pads), node.outside, equation=node.equation)
    return pad, replace(node, source=pad, at=tuple(at), outside=0.0)


def unpadded(node: Scatter) -> tuple[Scatter, Node]:
    """A scatter to all places that are met, and the part of them that lies on the axes."""
    at: list[tuple[Axis, Affine]] = []
    cuts: list[tuple[Axis, Affine]] = []
    taken = {a.letter for a in all_axes(node)}
    for axis, place in node.at:
        low, high = bounds(place)
        if inside(place, axis):
            at.append((axis, place))
            continue
        # From the first place of the axis, or before it, to the last one or beyond.
        first = low if not starts_inside(place) else (0, {})
        last = high if not ends_inside(place, axis.size) else bounds(Affine(((axis, 1),)))[1]
        new = fresh_axis(Axis(axis.letter, extent_of(first, last)), taken)
        at.append((new, moved(place, negated(first))))
        cuts.append((new, moved(Affine(((axis, 1),)), negated(first))))
    whole = replace(node, at=tuple(at))
    return whole, Window(whole, tuple(cuts), equation=node.equation)
