"""One equation in index notation to one array expression.

Every index becomes an axis with a letter of its own, so that the same letter in two sums of one equation is two axes.
The translation chooses nothing: a sum of products stays a sum over a product, for the passes to take apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbp.errors import DerivationError, Problem
from symbp.lower.build import call_of, power_of, product_of, size_expr, sum_of
from symbp.lower.nodes import (
    Apply,
    Axis,
    Fold,
    Node,
    Pick,
    Position,
    Read,
    Scalar,
    Spread,
    axes_of,
    mapped,
)
from symbp.lower.scalars import ZERO, exact, folded, product
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


@dataclass(frozen=True, slots=True)
class Target:
    """What a local name stands for: an array of the program, read with the axes reversed where `reversed`."""

    name: str
    shape: tuple[Size, ...] = ()  # as it lies in memory
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a unit's equations mean at one of its nodes."""

    arrays: dict[str, Target]
    sizes: dict[str, Size]
    constants: dict[str, float]
    scalars: frozenset[str] = frozenset()  # names that bodies read as they are: lr, k
    everywhere: Axis | None = None  # the axis that a name without indices has (optimisers)


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

    Raises DerivationError for shifted reads, windows and recurrences.
    """
    letters = _Letters({}).enter(equation.indices, names)
    axes = tuple(letters.axes[i] for i in equation.indices)
    value = _Translator(names).node(equation.rhs, letters)
    missing = tuple(a for a in axes if a not in axes_of(value))
    if missing and spread:
        value = Spread(value, missing)
    return axes, mapped(value, lambda n: replace(n, equation=number))


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
        target = self.names.arrays[e.name]
        if not e.at and self.names.everywhere is not None and target.shape:
            return Read(target.name, (self.names.everywhere,))
        at = tuple(reversed(e.at)) if target.reversed else e.at
        if all(isinstance(i, Index) for i in at) and len(set(at)) == len(at):
            return Read(target.name, tuple(letters.axes[i] for i in at if isinstance(i, Index)))
        return self._pick(target, at, letters)

    def _pick(self, target: Target, at: tuple[Expr, ...], letters: _Letters) -> Node:
        """``p[n, t[n]]``; the axis that is read by integers gets a letter of its own."""
        read_by = [i for i in at if isinstance(i, Ref)]
        plain = [i for i in at if isinstance(i, Index)]
        if len(read_by) != 1 or len(read_by) + len(set(plain)) != len(at):
            raise refuse(f"the read {target.name}[...] with shifted or repeated indices")
        labels = self._ref(read_by[0], letters)
        axis = letters.extra("at", target.shape[at.index(read_by[0])])
        axes = tuple(letters.axes[i] if isinstance(i, Index) else axis for i in at)
        return Pick(Read(target.name, axes), axis, labels)

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
