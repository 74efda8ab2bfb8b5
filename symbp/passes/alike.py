"""When two values are the same array: a form of a tree in which letters are numbers and sums have one order."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import Affine, Axis, Node, Places, Scatter, Window, all_axes, mapped, relettered

Form = tuple[Node, tuple[Axis, ...]]


def form_of(value: Node, axes: tuple[Axis, ...]) -> Form:
    """The tree, and the axes of its result, with numbers for letters: those of the result first, then as they are met.

    Trees of one form give one array.  A place is a sum, in which ``2*v + q`` is ``q + 2*v``: forward and gradient of a
    convolution with dilation write it either way.
    """
    letters = {a: Axis(str(i), a.size) for i, a in enumerate(dict.fromkeys((*axes, *all_axes(value))))}
    return mapped(relettered(value, letters), _ordered), tuple(letters[a] for a in axes)


def _ordered(node: Node) -> Node:
    return replace(node, at=_sorted(node.at)) if isinstance(node, Window | Scatter) else node


def _sorted(at: Places) -> Places:
    return tuple((axis, _in_order(place)) for axis, place in at)


def _in_order(place: Affine) -> Affine:
    return replace(place, terms=tuple(sorted(place.terms, key=lambda term: int(term[0].letter))))
