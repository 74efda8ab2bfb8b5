"""A layer without a bias, given one: the equations of backpropagation are those of the general layer."""

from __future__ import annotations

from dataclasses import replace

from symbp.graph.model import LocalTensor, Unit
from symbp.notation.expr import Add, Call, Compare, Equation, Ref, walk
from symbp.notation.traverse import fresh


def lacks_bias(unit: Unit) -> bool:
    """Whether the unit is one sum of products of its only input and of parameters, none of which is just added.

    A bias has the letter of the units alone."""
    roles = [t.role for t in unit.tensors]
    if unit.is_loss or roles.count("input") != 1 or "parameter" not in roles or len(unit.plain) != 1:
        return False
    units = unit.plain[0].indices[-1:]
    found = any(t.indices == units for t in unit.tensors if t.role == "parameter")
    return not found and not any(isinstance(node, Call | Compare) for node in walk(unit.plain[0].rhs))


def with_bias(unit: Unit) -> Unit:
    """The unit, a bias added to its output."""
    last = unit.plain[-1]
    used = {t.name for t in unit.tensors}
    bias = LocalTensor(fresh("b", used) if "b" in used else "b", last.indices[-1:], "parameter")
    equations = (*unit.plain[:-1], Equation(last.lhs, Add((last.rhs, Ref(bias.name, bias.indices)))))
    outer = tuple(t for t in unit.tensors if t.role != "value")
    inner = tuple(t for t in unit.tensors if t.role == "value")
    return replace(unit, plain=equations, safe=equations, tensors=(*outer, bias, *inner))
