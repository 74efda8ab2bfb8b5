"""Small changes of formulas that reports need: an equation under other names, a factor taken out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from symbp.notation.expr import Add, Equation, Expr, Mul, Num, Pow, Sym, tensors
from symbp.notation.traverse import rename_tensors
from symbp.report.factors import flat, terms, times


def renamed(e: Equation, names: Mapping[str, str]) -> Equation:
    """The equation with other names for its tensors."""
    return Equation(replace(e.lhs, name=names.get(e.name, e.name)), rename_tensors(e.rhs, names))


def without_factor(node: Expr, is_factor: Callable[[Expr], bool]) -> Expr | None:
    """`node` divided by the factor that `is_factor` knows; None where it has none (in every term of a sum)."""
    if isinstance(node, Add):
        made = [without_factor(t, is_factor) for t in terms(node)]
        return Add(tuple(m for m in made if m is not None)) if None not in made else None
    factors = [f for part in flat(node) for f in _powers(part)]
    for k, f in enumerate(factors):
        if is_factor(f):
            return times((*factors[:k], *factors[k + 1 :]))
        inside = without_factor(f, is_factor) if isinstance(f, Add) else None
        if inside is not None:
            return times((*factors[:k], inside, *factors[k + 1 :]))
    return None


def without_size(node: Expr, size: Sym) -> Expr | None:
    """`node` times the size of an axis by which it is divided; None where it is not."""

    def divides(f: Expr) -> bool:
        match f:
            case Pow(base=Sym(name=name), exponent=Num(value=power)):
                return power == -1 and name == size.name
        return False

    return without_factor(node, divides)


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
