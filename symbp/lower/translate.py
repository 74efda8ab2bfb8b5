"""One equation in index notation to one array expression.

Every index becomes an axis with a letter of its own, so that the same letter in two sums of one equation is two axes.
The translation chooses nothing: a sum of products stays a sum over a product, for the passes to take apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.lower.affine import affine, linear
from symbp.lower.build import call_of, power_of, product_of, size_expr, sum_of
from symbp.lower.deltas import Deltas, Scattered
from symbp.lower.letters import Letters, Names, refuse, size_of
from symbp.lower.nodes import (
    AddAt,
    Affine,
    Apply,
    Axis,
    Fold,
    Node,
    Position,
    Read,
    Scalar,
    Scatter,
    Spread,
    axes_of,
    mapped,
    merged,
)
from symbp.lower.reading import Reader, infinite
from symbp.lower.scalars import MINUS_ONE, ZERO, exact, folded, power, product
from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Divides,
    Equation,
    Expr,
    FirstMax,
    Index,
    InRange,
    Mul,
    Num,
    Pow,
    Quotient,
    Reduce,
    Ref,
    Sym,
    walk,
)

_COMPARISON = {">": "greater", ">=": "greater_equal", "<": "less", "<=": "less_equal", "==": "equal", "!=": "not_equal"}


def translate(equation: Equation, names: Names, number: str, *, spread: bool = True) -> tuple[tuple[Axis, ...], Node]:
    """The axes of the left side, in order, and the right side as an array expression.

    Unless `spread` is off, the expression has exactly the axes of the left side.

    Raises DerivationError where an index expression has no array form.
    """
    letters = Letters({}).enter(equation.indices, names)
    axes = tuple(letters.axes[i] for i in equation.indices)
    value = _Translator(names).right_side(equation.rhs, letters)
    missing = tuple(a for a in axes if a not in axes_of(value))
    if missing and spread:
        value = Spread(value, missing)
    return axes, mapped(value, lambda n: replace(n, equation=number))


@dataclass(frozen=True, slots=True)
class _Translator:
    """`outside` is what a read beyond an axis gives: 0, or what a max or min leaves out."""

    names: Names
    outside: float = 0.0

    @property
    def reader(self) -> Reader:
        return Reader(self.names, replace(self, outside=0.0).node)

    def right_side(self, e: Expr, letters: Letters) -> Node:
        """A term that holds at some places of the result only is computed there and scattered."""
        match e:
            case Add():
                return sum_of([self.right_side(a, letters) for a in e.args])
            case Mul():
                scattered = Deltas(self.names.sizes, self.names.shape).placed(e)
                if scattered is not None:
                    return self._scatter(scattered, letters)
        return self.node(e, letters)

    def node(self, e: Expr, letters: Letters) -> Node:
        match e:
            case Num() | Sym():
                return Scalar(self._scalar(e))
            case Index():
                return Position(letters.axes[e])
            case Ref():
                return self._ref(e, letters)
            case Add():
                return sum_of([self.node(a, letters) for a in e.args])
            case Mul():
                return product_of([self.node(a, letters) for a in e.args])
            case Pow():
                return power_of(self.node(e.base, letters), self.node(e.exponent, letters))
            case Call():
                return call_of(e.function, tuple(self.node(a, letters) for a in e.args))
            case Reduce():
                return self._reduce(e, letters)
            case Compare():
                args = (self.node(e.left, letters), self.node(e.right, letters))
                return Apply(_COMPARISON[e.op], args)
            case FirstMax():
                return self._first_max(e, letters)
        return self._of_places(e, letters)

    def _of_places(self, e: Expr, letters: Letters) -> Node:
        """Divisibility and range."""
        match e:
            case Divides():
                rest = Apply("remainder", (self.node(e.value, letters), self.node(e.divisor, letters)))
                return Apply("equal", (rest, Scalar(ZERO)))
            case Quotient():
                return Apply("floor_divide", (self.node(e.value, letters), self.node(e.divisor, letters)))
            case InRange():
                size = linear(e.size, self.names.sizes)
                if size is not None and not size.indices and len(size.sizes) + bool(size.constant) == 1:
                    return product_of(self.reader.inside(e.value, next(iter(size.sizes), size.constant), letters))
        raise refuse(type(e).__name__)

    def _scalar(self, e: Expr) -> Expr:
        if not isinstance(e, Sym) or e.name in self.names.scalars:
            return e
        if e.name in self.names.constants:
            return exact(self.names.constants[e.name])
        if e.name in self.names.sizes:
            size = self.names.sizes[e.name]
            return Num(Fraction(size)) if isinstance(size, int) else Sym(size, "size", positive=True)
        return folded(e)

    def _ref(self, e: Ref, letters: Letters) -> Node:
        if e.name in self.names.numbers:
            return Scalar(exact(self.names.numbers[e.name]))
        target = self.names.arrays[e.name]
        if not e.at and self.names.everywhere is not None and target.shape:
            return Read(target.name, (self.names.everywhere,))
        return self.reader.read(e, letters, self.outside)

    def _reduce(self, e: Reduce, letters: Letters) -> Node:
        if e.op in ("max", "min"):
            inner = letters.enter(e.bound, self.names)
            return self._folded(e.op, e.bound, self._left_out(e.body, e.op, inner), inner)
        return self._mean(e, letters) if e.op == "mean" else self._sum(e, letters)

    def _folded(self, op: str, bound: tuple[Index, ...], body: Node, inner: Letters) -> Node:
        over = tuple(inner.axes[i] for i in bound)
        inside = tuple(a for a in over if a in axes_of(body))
        return Fold(op, inside, body) if inside else body

    def _left_out(self, body: Expr, op: str, letters: Letters) -> Node:
        """The body of a max or min, where reads beyond an axis never win."""
        never = math.inf if op == "min" else -math.inf
        sign, core = _signed(body)
        if isinstance(core, Ref):
            beyond = never if sign.value > 0 else -never
            return product_of([Scalar(sign), replace(self, outside=beyond).node(core, letters)])
        conditions = [
            condition
            for read in walk(body)
            if isinstance(read, Ref)
            for at, size in zip(read.at, self.names.shape(read.name), strict=True)
            if not isinstance(at, Ref)
            for condition in self.reader.inside(at, size, letters)
        ]
        value = self.node(body, letters)
        return Apply("where", (product_of(conditions), value, infinite(never))) if conditions else value

    def _sum(self, e: Reduce, letters: Letters) -> Node:
        """A sum; where a delta says at which place of the result something is added, what is scattered there."""
        scattered = Deltas(self.names.sizes, self.names.shape).scattered(e)
        if scattered is not None:
            return self._scatter(scattered, letters)
        if isinstance(e.body, Add) and any(isinstance(n, Divides | InRange) for n in walk(e.body)):
            return sum_of([self._sum(replace(e, body=a), letters) for a in e.body.args])
        inner = letters.enter(e.bound, self.names)
        body = self.node(e.body, inner)
        absent = [size_expr(inner.axes[i].size) for i in e.bound if inner.axes[i] not in axes_of(body)]
        value = self._folded("sum", e.bound, body, inner)
        return product_of([value, Scalar(product(*absent))]) if absent else value

    def _scatter(self, s: Scattered, letters: Letters) -> Node:
        """The body summed over what no place depends on, then added at the places, axis by axis."""
        letters = letters.enter(s.bound, self.names)
        affine_at: list[tuple[Axis, Affine]] = []
        labels: list[tuple[Axis, Node]] = []
        for index, place in s.at:
            found = linear(place, self.names.sizes)
            if found is None:
                labels.append((letters.axes[index], self.node(place, letters)))
            else:
                affine_at.append((letters.axes[index], affine(found, letters.axes)))
        value = product_of([self.node(f, letters) for f in s.factors])
        every = [letters.axes[i] for i in s.bound]
        by_label = merged(axes_of(label) for _, label in labels)
        by_window = [a for a in merged(place.axes for _, place in affine_at) if a in every and a not in by_label]
        left = [a for a in every if a not in by_label and a not in by_window]
        absent = [size_expr(a.size) for a in left if a not in axes_of(value)]
        inside = tuple(a for a in left if a in axes_of(value))
        value = product_of([Fold("sum", inside, value) if inside else value, Scalar(product(*absent))])
        if affine_at:
            value = Scatter(value, tuple(affine_at), tuple(by_window))
        for k, (axis, label) in enumerate(labels):
            later = merged(axes_of(other) for _, other in labels[k + 1 :])
            over = tuple(a for a in axes_of(label) if a in every and a not in later)
            value = AddAt(value, axis, label, over)
        return value

    def _mean(self, e: Reduce, letters: Letters) -> Node:
        """A mean over what varies; the sum divided by the count where it holds deltas."""
        if Deltas(self.names.sizes, self.names.shape).scattered(e) is not None:
            count = product(*(size_expr(size_of(i, self.names)) for i in e.bound))
            return product_of([self._sum(e, letters), Scalar(power(count, MINUS_ONE))])
        inner = letters.enter(e.bound, self.names)
        return self._folded("mean", e.bound, self.node(e.body, inner), inner)

    def _first_max(self, e: FirstMax, letters: Letters) -> Node:
        """The place of the first maximum, counted over all bound axes; along an axis that does not matter it is 0."""
        inner = letters.enter(e.bound, self.names)
        body = self._left_out(e.body, "max", inner)
        places = [(self.node(at, letters), inner.axes[i]) for at, i in zip(e.at, e.bound, strict=True)]
        over = tuple(axis for _, axis in places if axis in axes_of(body))
        still = [Apply("equal", (at, Scalar(ZERO))) for at, axis in places if axis not in over]
        if not over:
            return product_of([*still])
        count: Node = Scalar(ZERO)
        for at, axis in places:
            if axis in over:
                count = sum_of([product_of([count, Scalar(size_expr(axis.size))]), at])
        return product_of([Apply("equal", (Fold("argmax", over, body), count)), *still])


def _signed(e: Expr) -> tuple[Num, Expr]:
    """A sign and the rest of an expression."""
    if isinstance(e, Mul) and len(e.args) == 2 and isinstance(e.args[0], Num) and e.args[0].value in (1, -1):
        return e.args[0], e.args[1]
    return Num(Fraction(1)), e
