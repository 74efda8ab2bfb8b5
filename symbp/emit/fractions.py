"""Products as numerators and denominators: what stands above and below one fraction bar."""

from __future__ import annotations

from fractions import Fraction

from symbp.lower.model import Apply, Node, Scalar, monomial, power, product
from symbp.notation.expr import Expr, Num, number

ONE = number(1)


def fraction(node: Node) -> tuple[list[Node], list[Node], Expr]:
    """The factors above and below the fraction bar, and the scalar."""
    if isinstance(node, Apply) and node.function == "multiply":
        first, second = fraction(node.args[0]), fraction(node.args[1])
        return first[0] + second[0], first[1] + second[1], product(first[2], second[2])
    if isinstance(node, Apply) and node.function == "reciprocal":
        above, below, scalar = fraction(node.args[0])
        return below, above, power(scalar, number(-1))
    if isinstance(node, Scalar):
        return [], [], node.value
    return [node], [], ONE


def halves(scalar: Expr) -> tuple[Expr, Expr]:
    """A scalar as numerator and denominator; a number that is a short decimal has no denominator."""
    coefficient, powers = monomial(scalar)
    part = coefficient.numerator == 1 and coefficient.denominator < 100
    decimal = Fraction(repr(float(coefficient))) == coefficient
    above = [power(b, Num(p)) for b, p in powers if p > 0]
    below = [power(b, Num(-p)) for b, p in powers if p < 0]
    if below or (part and not decimal):
        return (
            product(number(coefficient.numerator), *above),
            product(number(coefficient.denominator), *below),
        )
    return product(number(coefficient), *above), ONE
