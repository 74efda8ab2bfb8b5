"""A formula at small sizes as SymPy expressions, element by element: what SymPy differentiates by itself.

Sums are written out, reads outside an axis are 0, a recurrence calls itself.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import sympy

from symbp.notation.expr import Add, Call, Equation, Expr, Index, Mul, Num, Pow, Reduce, Ref, Sym

FUNCTIONS: dict[str, Any] = {
    "exp": sympy.exp, "log": sympy.log, "tanh": sympy.tanh, "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
}  # fmt: skip
Bound = dict[Index, int]


class Unrolled:
    """The elements of every array of a formula, as expressions in the elements of what it reads."""

    def __init__(self, equations: tuple[Equation, ...], sizes: dict[str, int]) -> None:
        self.equations = {q.name: q for q in equations}
        self.sizes = sizes
        self.known: dict[tuple[str, tuple[int, ...]], Any] = {}

    def total(self, output: str) -> Any:
        """The sum of all elements of the output, each times its own symbol of G; of one number, itself."""
        lhs = self.equations[output].lhs
        extents = [self.size(i) for i in self.equations[output].indices]
        if not lhs.at:
            return self.element(output, ())
        places = product(*map(range, extents))
        return sympy.Add(*(symbol("G", at) * self.element(output, at) for at in places))

    def element(self, name: str, at: tuple[int, ...]) -> Any:
        """One element of an array."""
        equation = self.equations.get(name)
        if equation is None:
            return symbol(name, at)
        if (name, at) not in self.known:
            outside = any(not 0 <= k < self.size(i) for k, i in zip(at, equation.indices, strict=True))
            bound = dict(zip(equation.indices, at, strict=True))
            self.known[name, at] = sympy.Integer(0) if outside else self.value(equation.rhs, bound)
        return self.known[name, at]

    def size(self, index: Index) -> int:
        return int(index.size.value) if isinstance(index.size, Num) else self.sizes[index.size.name]

    def value(self, e: Expr, bound: Bound) -> Any:
        match e:
            case Num():
                return sympy.Rational(e.value.numerator, e.value.denominator)
            case Sym():
                return sympy.Integer(self.sizes[e.name]) if e.kind == "size" else sympy.Symbol(e.name, positive=True)
            case Index():
                return sympy.Integer(bound[e])
            case Ref():
                return self.read(e, bound)
            case Add():
                return sympy.Add(*(self.value(a, bound) for a in e.args))
            case Mul():
                return sympy.Mul(*(self.value(a, bound) for a in e.args))
            case Pow():
                return self.value(e.base, bound) ** self.value(e.exponent, bound)
            case Call():
                return FUNCTIONS[e.function](*(self.value(a, bound) for a in e.args))
            case Reduce():
                return self.reduced(e, bound)
        raise TypeError(type(e).__name__)

    def read(self, e: Ref, bound: Bound) -> Any:
        at = tuple(int(self.value(place, bound)) for place in e.at)
        return sympy.Integer(0) if min(at, default=0) < 0 else self.element(e.name, at)

    def reduced(self, e: Reduce, bound: Bound) -> Any:
        extents = [self.size(i) for i in e.bound]
        places = list(product(*map(range, extents)))
        total = sympy.Add(*(self.value(e.body, bound | dict(zip(e.bound, at, strict=True))) for at in places))
        return total / len(places) if e.op == "mean" else total


def symbol(name: str, at: tuple[int, ...]) -> Any:
    return sympy.Symbol(f"{name}_{''.join(map(str, at))}", real=True)
