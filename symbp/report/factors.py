"""A product taken apart as a person reads it: sign, number, numerator, denominator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.notation.expr import Add, Expr, Mul, Num, Pow, Reduce, free_indices, rebuild, tensors

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Product:
    """``sign * coefficient * over[0] * over[1] ... / (under[0] * ...)`` with coefficient > 0 and sign 1 or -1."""

    sign: int
    coefficient: Fraction
    over: tuple[Expr, ...]
    under: tuple[Expr, ...]


def split(node: Expr) -> Product:
    """Numbers are multiplied together; powers with a negative number as exponent go below the line."""
    sign, coefficient = 1, ONE
    over: list[Expr] = []
    under: list[Expr] = []
    for factor in flat(node):
        match factor:
            case Num(value=value) if value != 0:
                sign = -sign if value < 0 else sign
                coefficient *= abs(value)
            case Pow(base=base, exponent=Num(value=value)) if value < 0 and not isinstance(base, Num):
                under.append(base if value == -1 else replace(factor, exponent=Num(-value)))
            case Pow(base=Num(value=base), exponent=Num(value=value)) if value.denominator == 1 and base > 0:
                coefficient *= base ** int(value)
            case Pow(base=Num(value=base), exponent=Num(value=value)) if value < 0:
                under.append(Pow(Num(base), Num(-value)))
            case _:
                over.append(factor)
    return Product(sign, coefficient, tuple(over), tuple(under))


def flat(node: Expr) -> tuple[Expr, ...]:
    """The factors of nested products; anything else is its own only factor."""
    if not isinstance(node, Mul):
        return (node,)
    return tuple(f for a in node.args for f in flat(a))


def terms(node: Expr) -> tuple[Expr, ...]:
    """The terms of nested sums; anything else is its own only term."""
    if not isinstance(node, Add):
        return (node,)
    return tuple(t for a in node.args for t in terms(a))


def positive(node: Expr) -> tuple[int, Expr]:
    """(sign, the term without its sign): -2*a is (-1, 2*a)."""
    if isinstance(node, Num):
        return (-1, Num(-node.value)) if node.value < 0 else (1, node)
    if not isinstance(node, Mul):
        return 1, node
    parts = split(node)
    if parts.sign > 0:
        return 1, node
    return -1, times(_numbers_positive(flat(node)))


def _numbers_positive(factors: tuple[Expr, ...]) -> tuple[Expr, ...]:
    made = tuple(Num(abs(f.value)) if isinstance(f, Num) else f for f in factors)
    kept = tuple(f for f in made if not (isinstance(f, Num) and f.value == 1))
    return kept or made[:1]


def times(factors: tuple[Expr, ...]) -> Expr:
    """The product of these factors."""
    if not factors:
        return Num(ONE)
    return factors[0] if len(factors) == 1 else Mul(factors)


def plain_sums(node: Expr) -> Expr:
    """Means as a sum and a factor, and sums of sums as one: ``mean[n](sum[j](a))`` is ``1/N sum[n,j](a)``."""
    children = tuple(plain_sums(c) for c in node.children)
    made = node if children == node.children else rebuild(node, children)
    if not isinstance(made, Reduce) or made.op not in ("sum", "mean"):
        return made
    outer = Reduce("sum", made.bound, made.body)
    factors: tuple[Expr, ...] = ()
    if made.op == "mean":
        factors = (Pow(times(tuple(i.size for i in made.bound)), Num(-ONE)),)
    constants, rest = _constants(made.body)
    if isinstance(rest, Reduce) and rest.op == "sum":
        outer = Reduce("sum", (*made.bound, *rest.bound), rest.body)
        factors = (*constants, *factors)
    return times((*factors, outer))


def _constants(node: Expr) -> tuple[tuple[Expr, ...], Expr]:
    """The factors of a product that depend on no index, and the rest."""
    constant = tuple(f for f in flat(node) if not free_indices(f) and not tensors(f))
    rest = tuple(f for f in flat(node) if free_indices(f) or tensors(f))
    return constant, times(rest)
