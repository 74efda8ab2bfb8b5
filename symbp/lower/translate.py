"""One equation in index notation to one array expression.

Every index becomes an axis with a letter of its own, so that the same letter in two sums of one equation is two axes.
The translation chooses nothing: a sum of products stays a sum over a product, for the passes to take apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod
from typing import TypeVar

from symbp.errors import DerivationError, Problem
from symbp.lower.build import call_of, power_of, product_of, size_expr, sum_of
from symbp.lower.nodes import (
    Affine,
    Apply,
    At,
    Axis,
    Fold,
    Node,
    Pick,
    Position,
    Read,
    Scalar,
    Spread,
    Window,
    axes_of,
    mapped,
)
from symbp.lower.scalars import MINUS_ONE, ZERO, exact, folded, product, total
from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Equation,
    Expr,
    FirstMax,
    Index,
    Mul,
    Num,
    Pow,
    Reduce,
    Ref,
    Sym,
)

_COMPARISON = {">": "greater", ">=": "greater_equal", "<": "less", "<=": "less_equal", "==": "equal", "!=": "not_equal"}
Size = int | str
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Target:
    """What a local name stands for: an array of the program.

    `order` lists its indices in the order in which they lie in memory; empty where that is theirs.
    """

    name: str
    shape: tuple[Size, ...] = ()  # as it lies in memory
    order: tuple[int, ...] = ()

    def in_memory(self, at: tuple[_T, ...]) -> tuple[_T, ...]:
        """What belongs to each index, in the order in which these lie in memory."""
        return tuple(at[k] for k in self.order) if self.order else at


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a unit's equations mean at one of its nodes."""

    arrays: dict[str, Target]
    sizes: dict[str, Size]
    constants: dict[str, float]
    scalars: frozenset[str] = frozenset()  # names that bodies read as they are: lr, k
    everywhere: Axis | None = None  # the axis that a name without indices has (optimisers)
    numbers: Mapping[str, float] = field(default_factory=dict)  # arrays that are one number everywhere


@dataclass(slots=True)
class _Letters:
    """The axes of one equation.  `taken` grows as sums are entered."""

    axes: dict[Index, Axis]
    taken: set[str] = field(default_factory=set)

    def enter(self, bound: tuple[Index, ...], names: Names) -> _Letters:
        fresh = {i: Axis(self._free(i.name), size_of(i, names)) for i in bound}
        return _Letters(self.axes | fresh, self.taken)

    def extra(self, wanted: str, size: Size) -> Axis:
        """An axis that no index of the equation stands for."""
        return Axis(self._free(wanted), size)

    def _free(self, wanted: str) -> str:
        letter, k = wanted, 1
        while letter in self.taken:
            k += 1
            letter = f"{wanted}{k}"
        self.taken.add(letter)
        return letter


def affine(e: Expr, letters: _Letters, sizes: Mapping[str, Size]) -> Affine | None:
    """An index expression as a sum of multiples of places; None for anything else."""
    match e:
        case Index():
            return Affine(((letters.axes[e], 1),))
        case Num() if e.value.denominator == 1:
            return Affine((), int(e.value))
        case Sym() if isinstance(sizes.get(e.name), int):
            return Affine((), int(sizes[e.name]))
        case Add():
            parts = [affine(a, letters, sizes) for a in e.args]
            return _summed([p for p in parts if p is not None]) if None not in parts else None
        case Mul():
            parts = [affine(a, letters, sizes) for a in e.args]
            varying = [p for p in parts if p is not None and p.terms]
            if None in parts or len(varying) > 1:
                return None
            factor = prod(p.offset for p in parts if p is not None and not p.terms)
            return _scaled(varying[0] if varying else Affine((), 1), factor)
    return None


def _summed(parts: list[Affine]) -> Affine:
    total: dict[Axis, int] = {}
    for axis, factor in (term for p in parts for term in p.terms):
        total[axis] = total.get(axis, 0) + factor
    return Affine(tuple((a, f) for a, f in total.items() if f), sum(p.offset for p in parts))


def _scaled(p: Affine, factor: int) -> Affine:
    return Affine(tuple((a, f * factor) for a, f in p.terms if f * factor), p.offset * factor)


def refuse(what: str) -> DerivationError:
    return DerivationError(Problem("D401", f"{what} cannot be turned into array operations yet"))


def size_of(i: Index, names: Names) -> Size:
    """The size of an index's axis at this node."""
    if isinstance(i.size, Num):
        return int(i.size.value)
    return names.sizes[i.size.name]


def translate(equation: Equation, names: Names, number: str, *, spread: bool = True) -> tuple[tuple[Axis, ...], Node]:
    """The axes of the left side, in order, and the right side as an array expression.

    Unless `spread` is off, the expression has exactly the axes of the left side.

    Raises DerivationError where an index expression has no array form.
    """
    letters = _Letters({}).enter(equation.indices, names)
    axes = tuple(letters.axes[i] for i in equation.indices)
    value = _Translator(names).node(equation.rhs, letters)
    missing = tuple(a for a in axes if a not in axes_of(value))
    if missing and spread:
        value = Spread(value, missing)
    return axes, mapped(value, lambda n: replace(n, equation=number))


@dataclass(slots=True)
class _Place:
    """One read of an array, put together index by index.

    Indices that stand alone are axes of the array; places that follow from others by multiples are a window, constant
    ones a part of it, and those that integers give are picked.  Such an index has an axis with a letter of its own.
    """

    target: Target
    letters: _Letters
    translator: _Translator
    axes: list[Axis] = field(default_factory=list)
    fixed: list[tuple[Axis, Expr]] = field(default_factory=list)
    affine: list[tuple[Axis, Affine]] = field(default_factory=list)
    picked: list[tuple[Axis, Node]] = field(default_factory=list)

    def add(self, entry: Expr) -> None:
        """The next index, in the order in which the array lies in memory."""
        own = self.letters.axes.get(entry) if isinstance(entry, Index) else None
        if own is not None and own not in self.axes:
            self.axes.append(own)
            return
        axis = self.letters.extra("at", self.target.shape[len(self.axes)])
        self.axes.append(axis)
        place = affine(entry, self.letters, self.translator.names.sizes)
        if isinstance(entry, Ref):
            self.picked.append((axis, self.translator.node(entry, self.letters)))
        elif place is not None and place.terms:
            self.affine.append((axis, place))
        else:
            self.fixed.append((axis, self._constant(entry, place)))

    def _constant(self, entry: Expr, place: Affine | None) -> Expr:
        if place is not None:
            return Num(Fraction(place.offset))
        value = self.translator.node(entry, self.letters)
        if not isinstance(value, Scalar):
            raise refuse(f"the read {self.target.name}[...] at places that vary as no sum of multiples of indices")
        return value.value

    def value(self) -> Node:
        value: Node = Read(self.target.name, tuple(self.axes))
        for axis, place in self.fixed:
            value = _at(value, axis, place)
        if self.affine:
            value = Window(value, tuple(self.affine))
        for axis, labels in self.picked:
            value = Pick(value, axis, labels)
        return value


def _at(node: Node, axis: Axis, place: Expr) -> Node:
    """The part of a node at a constant place, 0 where that lies outside of the axis.

    Of an axis that is as long as each call says, only the first and the last place are always there.
    """
    if isinstance(place, Num) and isinstance(axis.size, int):
        inside = 0 <= place.value < axis.size
        return At(node, axis, place) if inside else Scalar(ZERO)
    if place in (ZERO, total(size_expr(axis.size), MINUS_ONE)):
        return At(node, axis, place)
    there = Apply("equal", (Position(axis), Scalar(place)))
    return Fold("sum", (axis,), product_of([node, there]))


@dataclass(frozen=True, slots=True)
class _Translator:
    names: Names

    def node(self, e: Expr, letters: _Letters) -> Node:
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
        raise refuse(f"a read that leaves its axis ({type(e).__name__})")

    def _scalar(self, e: Expr) -> Expr:
        if not isinstance(e, Sym) or e.name in self.names.scalars:
            return e
        if e.name in self.names.constants:
            return exact(self.names.constants[e.name])
        if e.name in self.names.sizes:
            size = self.names.sizes[e.name]
            return Num(Fraction(size)) if isinstance(size, int) else Sym(size, "size", positive=True)
        return folded(e)

    def _ref(self, e: Ref, letters: _Letters) -> Node:
        if e.name in self.names.numbers:
            return Scalar(exact(self.names.numbers[e.name]))
        target = self.names.arrays[e.name]
        if not e.at and self.names.everywhere is not None and target.shape:
            return Read(target.name, (self.names.everywhere,))
        read = _Place(target, letters, self)
        for entry in target.in_memory(e.at):
            read.add(entry)
        return read.value()

    def _reduce(self, e: Reduce, letters: _Letters) -> Node:
        inner = letters.enter(e.bound, self.names)
        body = self.node(e.body, inner)
        over = tuple(inner.axes[i] for i in e.bound)
        inside = tuple(a for a in over if a in axes_of(body))
        value = Fold(e.op, inside, body) if inside else body
        absent = [size_expr(a.size) for a in over if a not in inside]
        if e.op == "sum" and absent:
            return product_of([value, Scalar(product(*absent))])
        return value

    def _first_max(self, e: FirstMax, letters: _Letters) -> Node:
        """The place of the first maximum, counted over all bound axes; along an axis that does not matter it is 0."""
        inner = letters.enter(e.bound, self.names)
        body = self.node(e.body, inner)
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
