"""Numbers pulled out of sums, roots and divisors of arrays, so that those that meet become one.

``c*m/(sqrt(s*v) + e)`` multiplies three arrays by numbers, ``(c/r)*m/(sqrt(v) + e/r)`` with ``r = sqrt(s)`` one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from symbp.lower.model import (
    Apply,
    Node,
    Scalar,
    axes_of,
    factors_of,
    mapped,
    power,
    product,
    product_of,
    scaled,
    sum_of,
    terms_of,
)
from symbp.notation.expr import Add, Expr, Mul, Num, Pow, Sym, number

ONE, MINUS_ONE, HALF = number(1), number(-1), Num(Fraction(1, 2))
HOMOGENEOUS = frozenset(("abs", "maximum", "minimum"))  # f(s*a, s*b) is s*f(a, b) where s > 0


def gathered(node: Node) -> Node:
    """The same value, its terms with their numbers in one place each.  A sum keeps those of its own terms."""
    terms = terms_of(node)
    value = sum_of([_times(*pulled(t)) for t in terms]) if len(terms) > 1 else _times(*pulled(node))
    return mapped(value, lambda n: n if n.equation else replace(n, equation=node.equation))


def pulled(node: Node) -> tuple[Node, Expr]:
    """A node and a number, the product of which is the value of this one."""
    if not axes_of(node):
        return (Scalar(ONE), node.value) if isinstance(node, Scalar) else (node, ONE)
    match node:
        case Apply(function="multiply" | "negative"):
            return _of_product(node)
        case Apply(function="add" | "subtract"):
            return _of_sum(node)
        case Apply(function="sqrt", args=(a,)):
            inside, s = pulled(a)
            if sign_of(s) > 0:
                return replace(node, args=(inside,)), power(s, HALF)
        case Apply(function="square", args=(a,)):
            inside, s = pulled(a)
            return replace(node, args=(inside,)), power(s, number(2))
        case Apply(function="reciprocal", args=(a,)):
            inside, s = pulled(a)
            if sign_of(s):
                return replace(node, args=(inside,)), power(s, MINUS_ONE)
        case Apply(function="sign", args=(a,)):
            inside, s = pulled(a)
            if sign_of(s) > 0:
                return replace(node, args=(inside,)), ONE
        case Apply(function=function, args=args) if function in HOMOGENEOUS:
            parts = [pulled(a) for a in args]
            (s,) = {s for _, s in parts} if len({s for _, s in parts}) == 1 else {ONE}
            if s != ONE and sign_of(s) > 0:
                return replace(node, args=tuple(part for part, _ in parts)), s
    return _inside(node), ONE


def _inside(node: Node) -> Node:
    """A node that keeps the numbers of its operands."""
    return replace(node, args=tuple(map(gathered, node.args))) if isinstance(node, Apply) else node


def _of_product(node: Node) -> tuple[Node, Expr]:
    factors, scalar = factors_of(node)
    parts = [pulled(f) for f in factors]
    return product_of([part for part, _ in parts]), product(scalar, *(s for _, s in parts))


def _of_sum(node: Apply) -> tuple[Node, Expr]:
    """``a*x + b*y`` as ``a*(x + (b/a)*y)``: a number less inside, which is worth it where one stands outside."""
    parts = [pulled(t) for t in terms_of(node)]
    numbers = [s for part, s in parts if not isinstance(part, Scalar)]
    if all(s not in (ONE, MINUS_ONE) for s in numbers):
        for outer in dict.fromkeys(numbers):
            if sign_of(outer):
                inverse = power(outer, MINUS_ONE)
                return sum_of([_times(part, product(s, inverse)) for part, s in parts]), outer
    return sum_of([_times(*part) for part in parts]), ONE


def _times(part: Node, s: Expr) -> Node:
    """The product of the two that `pulled` gives."""
    return Scalar(s) if isinstance(part, Scalar) else scaled(part, s)


def sign_of(e: Expr) -> int:
    """1 or -1 where a number has that sign in every step (k >= 1, any learning rate), else 0."""
    low, high = _range(e)
    return 1 if low > 0 else -1 if high < 0 else 0


def _range(e: Expr) -> tuple[float, float]:
    """Bounds of a number; of a power that comes ever nearer to 0 the smallest float, which it does not reach."""
    match e:
        case Num(value=value):
            return float(value), float(value)
        case Sym(name="k"):
            return 1.0, math.inf
        case Add(args=args):
            bounds = [_range(a) for a in args]
            low, high = sum(a for a, _ in bounds), sum(b for _, b in bounds)
            return (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)
        case Mul(args=args):
            low, high = 1.0, 1.0
            for a in args:
                ends = [_multiplied(x, y) for x in (low, high) for y in _range(a)]
                low, high = min(ends), max(ends)
            return low, high
        case Pow():
            return _power_range(_range(e.base), _range(e.exponent))
    return -math.inf, math.inf


TINY = 5e-324


def _multiplied(a: float, b: float) -> float:
    """The product, 0 where one is 0, and no 0 by underflow."""
    if not a or not b:
        return 0.0
    return a * b or math.copysign(TINY, a) * math.copysign(1.0, b)


def _power_range(base: tuple[float, float], exponent: tuple[float, float]) -> tuple[float, float]:
    """Powers of positive numbers: at the ends of both ranges."""
    if base[0] <= 0:
        return -math.inf, math.inf
    ends = [_raised(b, p) for b in base for p in exponent]
    return max(min(ends), TINY), max(ends)


def _raised(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
