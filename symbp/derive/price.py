"""What a closed form costs to evaluate: how two ways of cutting a network into units are compared."""

from __future__ import annotations

from symbp.derive.model import ClosedForm
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
    free_indices,
    number,
)

AXIS = 8.0  # the size that every axis is taken to have
CHEAP = ("max", "min", "abs", "sign")
# A choice writes only where a mask is set, which takes several times as long as arithmetic does.
OPERATION, DIVISION, CHOICE, KERNEL, WRITE = 1.0, 3.0, 5.0, 20.0, 1.0


def price(form: ClosedForm) -> float:
    """Operations of the adjoints, each distinct one once, weighted by the places at which it is carried out."""
    seen: set[Expr] = set()
    return sum(_equation(e, seen) for e in form.adjoints)


def _equation(equation: Equation, seen: set[Expr]) -> float:
    return WRITE * AXIS ** len(equation.indices) + _price(equation.rhs, seen)


def _price(e: Expr, seen: set[Expr]) -> float:
    if e in seen or isinstance(e, Ref | Index | Num):
        return 0.0
    seen.add(e)
    below = sum(_price(c, seen) for c in e.children)
    inner = free_indices(e.body) if isinstance(e, Reduce | FirstMax) else free_indices(e)
    return below + _own(e) * AXIS ** len(inner)


def _own(e: Expr) -> float:
    """The price of the node alone, at one place."""
    match e:
        case Add() | Mul():
            return OPERATION * (len(e.args) - 1) - OPERATION * sum(a == number(-1) for a in e.args)
        case Pow(exponent=Num(value=value)) if value.denominator == 1:
            return DIVISION if value < 0 else OPERATION
        case Call(function="where"):
            return CHOICE
        case Pow() | Call():
            return KERNEL if isinstance(e, Pow) or e.function not in CHEAP else OPERATION
        case Reduce() | FirstMax() | Compare():
            return OPERATION
    return 0.0
