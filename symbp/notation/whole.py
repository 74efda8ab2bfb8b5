"""Integer functions of indices and sizes: floor division, remainder, and the functions that keep integers whole.

``a//b`` is read as ``floor(a/b)``; of integers it becomes a division of integers, which is exact.
"""

from __future__ import annotations

from collections.abc import Set
from fractions import Fraction

from symbp.notation.expr import Add, Call, Compare, Expr, Index, Mul, Num, Pow, Ref, Sym

DIVISION, REMAINDER = "floordiv", "mod"
KEEPS_WHOLE = frozenset((DIVISION, REMAINDER, "abs", "sign", "max", "min", "where"))
MINUS_ONE = Num(Fraction(-1))


def is_whole(node: Expr, integer: Set[str]) -> bool:
    """Whether the value is an integer for sure; `integer` names the arrays that hold integers."""
    match node:
        case Num():
            return node.value.denominator == 1
        case Sym():
            return node.kind == "size"
        case Index() | Compare():
            return True
        case Ref():
            return node.name in integer
        case Add() | Mul():
            return all(is_whole(a, integer) for a in node.args)
        case Call() if node.function in KEEPS_WHOLE:
            return all(is_whole(a, integer) for a in node.args)
    return False


def divided(node: Call, integer: Set[str]) -> Expr | None:
    """``floor(a/b)`` of integers as one division, numbers at once; None where it is the floor of a real number."""
    above, below = _parts(node.args[0])
    if not all(is_whole(p, integer) for p in (above, below)):
        return None
    if isinstance(above, Num) and isinstance(below, Num):
        return Num(Fraction(above.value // below.value), span=node.span)
    return above if below == Num(Fraction(1)) else Call(DIVISION, (above, below), span=node.span)


def remainder(node: Call, integer: Set[str]) -> Expr | None:
    """``mod(a, b)`` or ``floordiv(a, b)`` of integers, of numbers at once; None where one of them is a real number."""
    above, below = node.args
    if not all(is_whole(p, integer) for p in (above, below)):
        return None
    if isinstance(above, Num) and isinstance(below, Num) and below.value:
        value = above.value % below.value if node.function == REMAINDER else Fraction(above.value // below.value)
        return Num(value, span=node.span)
    return node


def _parts(ratio: Expr) -> tuple[Expr, Expr]:
    """Numerator and denominator of a quotient as the parser writes it."""
    if isinstance(ratio, Num):
        return Num(Fraction(ratio.value.numerator)), Num(Fraction(ratio.value.denominator))
    if isinstance(ratio, Pow) and ratio.exponent == MINUS_ONE:
        return Num(Fraction(1)), ratio.base
    if not isinstance(ratio, Mul):
        return ratio, Num(Fraction(1))
    below = tuple(f.base for f in ratio.args if isinstance(f, Pow) and f.exponent == MINUS_ONE)
    above = tuple(f for f in ratio.args if not (isinstance(f, Pow) and f.exponent == MINUS_ONE))
    return _product(above), _product(below)


def _product(factors: tuple[Expr, ...]) -> Expr:
    if not factors:
        return Num(Fraction(1))
    return factors[0] if len(factors) == 1 else Mul(factors)
