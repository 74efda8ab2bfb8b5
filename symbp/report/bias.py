"""A layer without a bias, given one: the equations of backpropagation are those of the general layer."""

from __future__ import annotations

from dataclasses import replace

from symbp.derive.engine import derive_equations
from symbp.derive.model import ClosedForm, UnitDerivation
from symbp.graph.model import LocalTensor
from symbp.notation.expr import Add, Equation, Ref
from symbp.notation.traverse import fresh

UNNUMBERED = ClosedForm((), (), (), (), ())


def has_bias(derived: UnitDerivation) -> bool:
    """Whether a parameter has just the letter of the units."""
    units = derived.unit.plain[-1].indices[-1:]
    return any(t.indices == units for t in derived.unit.tensors if t.role == "parameter")


def with_bias(derived: UnitDerivation) -> UnitDerivation:
    """The unit itself, or its formula with a bias added, derived anew by the engine; its equations have no numbers."""
    if has_bias(derived):
        return derived
    unit, last = derived.unit, derived.unit.plain[-1]
    used = {t.name for t in unit.tensors}
    name = fresh("b", used) if "b" in used else "b"
    bias = LocalTensor(name, last.indices[-1:], "parameter")
    equations = (*unit.plain[:-1], Equation(last.lhs, Add((last.rhs, Ref(name, bias.indices)))))
    outer = tuple(t for t in unit.tensors if t.role != "value")
    inner = tuple(t for t in unit.tensors if t.role == "value")
    biased = replace(unit, plain=equations, safe=equations, tensors=(*outer, bias, *inner))
    form = derive_equations(equations, biased.tensors, facts=unit.facts)
    return replace(derived, unit=biased, plain=form, safe=UNNUMBERED)
