"""One read of an array: whole, at affine places (a window), at constant places, or at places that integers give."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from symbp.lower.affine import affine, ends_inside, linear, starts_inside
from symbp.lower.build import product_of, size_expr, sum_of
from symbp.lower.letters import Letters, Names, Size
from symbp.lower.nodes import Affine, Apply, At, Axis, Fold, Node, Pick, Position, Read, Scalar, Window
from symbp.lower.scalars import ZERO, product
from symbp.lower.tables import extremes
from symbp.notation.expr import Expr, Index, Num, Ref, Sym, number

INFINITY = Sym("inf")
Translation = Callable[[Expr, Letters], Node]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads arrays in the equations of one node.  `node` translates an integer expression."""

    names: Names
    node: Translation

    def read(self, e: Ref, letters: Letters, outside: float = 0.0) -> Node:
        """The array at the places of `e`; `outside` is what a read beyond an axis gives."""
        target = self.names.arrays[e.name]
        own: list[Axis] = []  # of the array, as they lie in memory
        windows: list[tuple[Axis, Affine]] = []
        fixed: list[tuple[Axis, Expr]] = []
        labels: list[tuple[Axis, Expr]] = []
        for at, size in zip(target.in_memory(e.at), target.shape, strict=True):
            if isinstance(at, Index) and letters.axes[at].size == size and letters.axes[at] not in own:
                own.append(letters.axes[at])
                continue
            own.append(letters.extra("at", size))
            found = linear(at, self.names.sizes)
            if found is None:
                labels.append((own[-1], at))
            elif not found.indices:
                fixed.append((own[-1], found.expr()))
            else:
                windows.append((own[-1], affine(found, letters.axes)))
        value: Node = Read(target.name, tuple(own))
        for axis, place in fixed:
            value = _at(value, axis, place)
        if windows:
            value = Window(value, tuple(windows), outside)
        return self._picked(value, labels, letters, outside)

    def _picked(self, value: Node, labels: list[tuple[Axis, Expr]], letters: Letters, outside: float) -> Node:
        """The elements at integers that arrays or functions of places give."""
        conditions: list[Node] = []
        for axis, at in labels:
            label = self.node(at, letters)
            beyond = [] if isinstance(at, Ref) else self._conditions(label, axis.size)
            if beyond:
                last = Scalar(_last(axis.size))
                label = Apply("minimum", (Apply("maximum", (label, Scalar(ZERO))), last))
            conditions += beyond
            value = Pick(value, axis, label)
        if not conditions:
            return value
        if not outside:
            return product_of([value, *conditions])
        return Apply("where", (product_of(conditions), value, infinite(outside)))

    def inside(self, e: Expr, size: Size, letters: Letters) -> list[Node]:
        """What must hold for the place to lie on an axis of this size: nothing where it always does."""
        found = linear(e, self.names.sizes)
        if found is None:
            return self._conditions(self.node(e, letters), size)
        place = affine(found, letters.axes)
        node = affine_node(place)
        return _compared(node, size, starts_inside(place), ends_inside(place, size))

    def _conditions(self, label: Node, size: Size) -> list[Node]:
        least, greatest = extremes(label)
        low = least is not None and least >= 0
        high = greatest is not None and isinstance(size, int) and greatest < size
        return _compared(label, size, low, high)


def _at(node: Node, axis: Axis, place: Expr) -> Node:
    """The part of a node at a constant place, 0 where that lies outside of the axis.

    Of an axis that is as long as each call says, only the first and the last place are always there.
    """
    if isinstance(place, Num) and isinstance(axis.size, int):
        inside = 0 <= place.value < axis.size
        return At(node, axis, place) if inside else Scalar(ZERO)
    if place in (ZERO, _last(axis.size)):
        return At(node, axis, place)
    there = Apply("equal", (Position(axis), Scalar(place)))
    return Fold("sum", (axis,), product_of([node, there]))


def affine_node(place: Affine) -> Node:
    """An affine place as an array expression."""
    terms: list[Node] = [product_of([Position(a), Scalar(number(f))]) for a, f in place.terms]
    terms += [product_of([Scalar(size_expr(name)), Scalar(number(f))]) for name, f in place.sizes]
    return sum_of([*terms, *([Scalar(number(place.offset))] if place.offset or not terms else [])])


def infinite(value: float) -> Scalar:
    """Infinity with the sign of `value`, as a number that expressions hold."""
    return Scalar(product(INFINITY, number(int(math.copysign(1, value)))))


def _compared(place: Node, size: Size, low: bool, high: bool) -> list[Node]:
    """``[place >= 0]`` and ``[place < size]``, but not what is known to hold."""
    found: list[Node] = []
    if not low:
        found.append(Apply("greater_equal", (place, Scalar(ZERO))))
    if not high:
        found.append(Apply("less", (place, Scalar(size_expr(size)))))
    return found


def _last(size: Size) -> Expr:
    last = sum_of([Scalar(size_expr(size)), Scalar(number(-1))])
    assert isinstance(last, Scalar)
    return last.value
