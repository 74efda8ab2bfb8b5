"""How values depend on a number: each term of a value has it as a factor, or none has.

The gradients of a network are linear in the seed of its backward pass: a number in every place where the gradient of
the loss begins is a factor of all that follows.  `degrees` says whether that is so, statement by statement, without a
thought about what a statement is for: products add degrees, sums need equal ones, and what takes places, adds up,
picks, scatters or leaves out hands on the degree of what it is done to.  Of everything else nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbp.lower.model import (
    AddAt,
    Apply,
    At,
    Fold,
    Node,
    Pick,
    Product,
    Read,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Window,
    is_number,
    monomial,
)
from symbp.notation.expr import Expr, Sym, walk

ANY = -1  # of 0, which every number is a factor of
Degrees = dict[str, int]


class UnequalDegreesError(Exception):
    """A value is neither free of a number nor a multiple of it."""


def degrees(statements: Iterable[Statement], views: Mapping[str, str], number: Sym) -> Degrees:
    """The degree of each array that the statements make: 1 for multiples of the number, 0, or `ANY` for zeros.

    All other arrays have degree 0.  In a loop an array may be read before it is made: the statements are gone through
    until nothing new is found.  Raises UnequalDegreesError, which names the value that has no degree.
    """
    rows = list(statements)
    known = {views.get(s.target, s.target): ANY for s in rows}
    while True:
        before = dict(known)
        for s in rows:
            name = views.get(s.target, s.target)
            try:
                known[name] = _same(known[name], _Degree(known, views, number).of(s.value))
            except UnequalDegreesError as error:
                raise UnequalDegreesError(f"{s.target}: {error}") from None
        if known == before:
            return known


def _same(*found: int) -> int:
    """The degree that all have."""
    own = {d for d in found if d != ANY}
    if len(own) > 1:
        raise UnequalDegreesError("a sum of what is linear in the seed and what is not")
    return own.pop() if own else ANY


class _Degree:
    """Degrees of expressions by those of arrays."""

    def __init__(self, known: Degrees, views: Mapping[str, str], number: Sym) -> None:
        self.known, self.views, self.number = known, views, number

    def of(self, node: Node) -> int:
        match node:
            case Read(name=name):
                return self.known.get(self.views.get(name, name), 0)
            case Scalar(value=value):
                return self.scalar(value)
            case Apply():
                return self.apply(node)
            case Product(left=left, right=right):
                return _times(self.of(left), self.of(right))
            case Fold(op="sum" | "mean", body=body) | Scatter(body=body) | Spread(body=body) | At(body=body):
                return self.of(body)
            case Window(source=source) if not node.outside:
                return self.of(source)
            case Pick(source=body, labels=labels) | AddAt(body=body, labels=labels) if self.free(labels):
                return self.of(body)
        return self.none(node)

    def apply(self, node: Apply) -> int:
        match node.function, node.args:
            case "multiply", (a, b):
                return _times(self.of(a), self.of(b))
            case ("add" | "subtract"), (a, b):
                return _same(self.of(a), self.of(b))
            case ("negative" | "real"), (a,):
                return self.of(a)
            case "where", (condition, a, b) if self.free(condition):
                return _same(self.of(a), self.of(b))
        return self.none(node)

    def none(self, node: Node) -> int:
        """The degree of what is no linear function: of what is free of the number."""
        if not all(map(self.free, node.children)):
            raise UnequalDegreesError(f"{type(node).__name__.lower()} of what is linear in the seed")
        return 0

    def free(self, node: Node) -> bool:
        return self.of(node) < 1

    def scalar(self, value: Expr) -> int:
        if is_number(value, 0):
            return ANY
        if self.number not in walk(value):
            return 0
        power = dict(monomial(value)[1]).get(self.number)
        if power != 1:
            raise UnequalDegreesError("a number that is no multiple of the seed")
        return 1


def _times(a: int, b: int) -> int:
    if ANY in (a, b):
        return ANY
    if a + b > 1:
        raise UnequalDegreesError("a product of two values that are linear in the seed")
    return a + b
