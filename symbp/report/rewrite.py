"""Small changes of formulas that reports need: an equation under other names, a factor taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from symbp.notation.expr import Add, Equation, Expr, Mul, Num, Pow, tensors
from symbp.notation.traverse import rename_tensors
from symbp.report.factors import flat, terms, times


def renamed(e: Equation, names: Mapping[str, str]) -> Equation:
    """The equation with other names for its tensors."""
    return Equation(replace(e.lhs, name=names.get(e.name, e.name)), rename_tensors(e.rhs, names))


def without_factor(node: Expr, factor: Expr) -> Expr | None:
    """`node` divided by one of its factors; None where it has no such factor (in every term of a sum)."""
    if isinstance(node, Add):
        made = [without_factor(t, factor) for t in terms(node)]
        return Add(tuple(m for m in made if m is not None)) if None not in made else None
    factors = [f for part in flat(node) for f in _powers(part)]
    if factor in factors:
        factors.remove(factor)
        return times(tuple(factors))
    for k, f in enumerate(factors):
        inside = without_factor(f, factor) if isinstance(f, Add) else None
        if inside is not None:
            return times((*factors[:k], inside, *factors[k + 1 :]))
    return None


def _powers(node: Expr) -> tuple[Expr, ...]:
    """The factors of a power of a product: 1/(2*N) is 1/2 and 1/N."""
    if isinstance(node, Pow) and isinstance(node.base, Mul) and isinstance(node.exponent, Num):
        return tuple(replace(node, base=f) for f in flat(node.base))
    return (node,)


def reciprocal(node: Expr) -> Expr:
    """``1 / node``"""
    return Pow(node, Num(Fraction(-1)))


def reads(node: Expr, name: str) -> bool:
    """Whether the formula reads the tensor `name`."""
    return name in tensors(node)
