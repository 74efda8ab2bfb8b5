"""The nodes of index notation: the one form in which formulas travel between the stages.

A formula is a tree of frozen nodes.  Indices carry the size of their axis, every sum is explicit, and a tensor is
read only through its indices, so that ``x[n,i]`` never means "the array x".  The nodes do no algebra: ``Add`` of two
numbers stays an ``Add``.  Normal forms are the business of ``symbp.derive``.

Values are real.  Comparisons and the predicates (`Compare`, `Divides`, `InRange`, `FirstMax`) have the value 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands in the text of its formula: offsets in characters, `end` exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Expr:
    """Base of all nodes.  `span` takes no part in equality: two formulas are equal wherever they were written."""

    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def children(self) -> tuple[Expr, ...]:
        """The sub-expressions, bound indices left out."""
        return ()


@dataclass(frozen=True, slots=True)
class Num(Expr):
    """An exact rational number.  Decimals of a formula are exact too: ``0.1`` is 1/10."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Sym(Expr):
    """A scalar with a name: the size of an axis (``N``), a constant of a layer (``alpha``), or ``pi``.

    `kind` is "size" (a positive integer), "constant" (a real number known when the module is generated) or
    "variable" (a real number that changes from step to step, such as a learning rate).
    `positive` says that the value is known to be > 0; of a size it always is, so that equal sizes are equal symbols.
    """

    name: str
    kind: str = "constant"
    positive: bool = False

    def __post_init__(self) -> None:
        if self.kind == "size":
            object.__setattr__(self, "positive", True)


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """An index variable with 0 <= value < `size`; `size` is a `Sym` of kind "size" or a `Num`."""

    name: str
    size: Sym | Num


@dataclass(frozen=True, slots=True)
class Ref(Expr):
    """One element of a tensor.  A scalar has no indices.  A read outside the axis gives 0 (in a `max`: is left out).

    Each entry of `at` is an integer expression: an `Index`, an affine combination of indices (``s*p + u - a``), a
    `Quotient`, or a `Ref` to an integer tensor (``p[n, label[n]]``).
    """

    name: str
    at: tuple[Expr, ...] = ()

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.at


@dataclass(frozen=True, slots=True)
class Add(Expr):
    """A sum of two or more terms.  ``a - b`` is ``Add((a, Mul((Num(-1), b))))``."""

    args: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.args


@dataclass(frozen=True, slots=True)
class Mul(Expr):
    """A product of two or more factors.  ``a / b`` is ``Mul((a, Pow(b, Num(-1))))``."""

    args: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.args


@dataclass(frozen=True, slots=True)
class Pow(Expr):
    """``base ** exponent``.  ``sqrt(a)`` is ``Pow(a, Num(1/2))``."""

    base: Expr
    exponent: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.base, self.exponent)


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A scalar function of the whitelist in `symbp.notation.functions`: exp, tanh, max(a, b), where(c, a, b), ..."""

    function: str
    args: tuple[Expr, ...]

    @property
    def children(self) -> tuple[Expr, ...]:
        return self.args


@dataclass(frozen=True, slots=True)
class Reduce(Expr):
    """``sum[i,j](body)``: `op` is "sum", "mean", "max" or "min".  `bound` holds one or more distinct indices."""

    op: str
    bound: tuple[Index, ...]
    body: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """1 where ``left op right`` holds, else 0; `op` is one of ``> >= < <= == !=``.

    ``Compare("==", Ref("label", (n,)), j)`` is the one-hot form of an integer label.
    """

    op: str
    left: Expr
    right: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Divides(Expr):
    """1 where the integer `divisor` divides the integer expression `value`, else 0."""

    divisor: Expr
    value: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.divisor, self.value)


@dataclass(frozen=True, slots=True)
class Quotient(Expr):
    """The exact integer `value` / `divisor`; it has a meaning only beside the `Divides` that guards it."""

    value: Expr
    divisor: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.value, self.divisor)


@dataclass(frozen=True, slots=True)
class InRange(Expr):
    """1 where 0 <= `value` < `size`, else 0."""

    value: Expr
    size: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.value, self.size)


@dataclass(frozen=True, slots=True)
class FirstMax(Expr):
    """1 where the integers `at` are the place of the first (row-major) maximum of `body` over `bound`, else 0."""

    at: tuple[Expr, ...]
    bound: tuple[Index, ...]
    body: Expr

    @property
    def children(self) -> tuple[Expr, ...]:
        return (*self.at, self.body)


@dataclass(frozen=True, slots=True)
class Equation:
    """``lhs = rhs`` for all values of the indices of `lhs`, which are plain distinct `Index` nodes (or none)."""

    lhs: Ref
    rhs: Expr

    @property
    def name(self) -> str:
        return self.lhs.name

    @property
    def indices(self) -> tuple[Index, ...]:
        return tuple(i for i in self.lhs.at if isinstance(i, Index))


def rebuild(node: Expr, children: tuple[Expr, ...]) -> Expr:
    """The same node over other children (in the order of `Expr.children`); bound indices are kept."""
    match node:
        case Ref():
            return replace(node, at=children)
        case Add() | Mul() | Call():
            return replace(node, args=children)
        case Pow():
            return replace(node, base=children[0], exponent=children[1])
        case Reduce():
            return replace(node, body=children[0])
        case Compare():
            return replace(node, left=children[0], right=children[1])
        case Divides():
            return replace(node, divisor=children[0], value=children[1])
        case Quotient():
            return replace(node, value=children[0], divisor=children[1])
        case InRange():
            return replace(node, value=children[0], size=children[1])
        case FirstMax():
            return replace(node, at=children[:-1], body=children[-1])
    return node


def walk(node: Expr) -> Iterator[Expr]:
    """The node and everything below it, parents first."""
    yield node
    for child in node.children:
        yield from walk(child)


def bound_by(node: Expr) -> tuple[Index, ...]:
    """The indices that this very node binds."""
    return node.bound if isinstance(node, Reduce | FirstMax) else ()


def free_indices(node: Expr) -> frozenset[Index]:
    """The indices that the value of `node` depends on."""
    if isinstance(node, Index):
        return frozenset((node,))
    if isinstance(node, FirstMax):
        inner = free_indices(node.body) - frozenset(node.bound)
        return inner.union(*(free_indices(a) for a in node.at))
    inside: frozenset[Index] = frozenset().union(*(free_indices(c) for c in node.children))
    return inside - frozenset(bound_by(node))


def tensors(node: Expr) -> frozenset[str]:
    """The names of all tensors that `node` reads."""
    return frozenset(n.name for n in walk(node) if isinstance(n, Ref))


def number(value: int | str | Fraction) -> Num:
    """A `Num` from an integer or from text such as "1/3" or "0.1" (exact)."""
    return Num(Fraction(value))


def negative(a: Expr) -> Expr:
    return Mul((Num(Fraction(-1)), a))


def quotient(a: Expr, b: Expr) -> Expr:
    """``a / b`` of real numbers."""
    return Mul((a, Pow(b, Num(Fraction(-1)))))
