"""The numbers of equations that statements carry."""

from __future__ import annotations

from symbp.derive.model import UnitDerivation
from symbp.notation.expr import Equation


def number_of(derived: UnitDerivation, equation: Equation) -> str:
    """The number of an equation; one that repeats an adjoint kept for others has that adjoint's."""
    if derived.numbers:
        return dict(derived.numbers)[equation.name]
    rows = (*derived.safe.forward, *derived.safe.adjoints)
    place = next(i for i, row in enumerate(rows) if row.name == equation.name)
    return f"{derived.section}.{place + 1}"
