"""Equations in, closed-form gradients out: the stages of a derivation, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.derive.adjoint import adjoint_name, adjoint_system
from symbp.derive.choose import Chooser
from symbp.derive.cost import Costs
from symbp.derive.fold import Folder
from symbp.derive.indices import Indices
from symbp.derive.knowledge import Knowledge
from symbp.derive.model import ClosedForm
from symbp.derive.promote import Derived, promoted
from symbp.derive.system import System
from symbp.derive.terms import ONE, Atom, of, value
from symbp.graph.model import LocalTensor
from symbp.notation.expr import Equation, Expr


def derive_equations(
    equations: Sequence[Equation],
    tensors: Sequence[LocalTensor],
    *,
    facts: Sequence[tuple[Expr, Expr]] = (),
    is_loss: bool = False,
) -> ClosedForm:
    """The closed form of the gradients of `equations` with respect to every input and parameter of `tensors`."""
    calculus = Indices(())
    system = System(calculus, [t.name for t in tensors if t.positive])
    for equation in equations:
        system.define(equation)
    wanted = tuple(t.name for t in tensors if t.role in ("input", "parameter") and not t.integer)
    shapes = _shapes(system, tensors, wanted)
    output = system.definitions[-1].lhs
    upstream = ONE if is_loss else of(value(adjoint_name(output.name), output.polys))
    seeds = {output.name: upstream}
    adjoints, uses = adjoint_system(system, shapes, seeds)
    if not is_loss:
        adjoints.pop(output.name, None)
    knowledge = Knowledge(system, [(system.fact(a), system.fact(b)) for a, b in facts])
    costs = Costs(system.hidden)
    chooser = Chooser(adjoints, {n: shapes[n] for n in adjoints}, wanted, Folder(knowledge, costs), costs, calculus)
    made = (chooser.best(), shapes, adjoints, uses, seeds)
    return promoted(Derived(tuple(equations), tuple(tensors), system, knowledge, *made))


def _shapes(system: System, tensors: Sequence[LocalTensor], wanted: Sequence[str]) -> dict[str, tuple[Atom, ...]]:
    """The indices of everything that a gradient is asked for or passes through: the last definition first."""
    own = {t.name: tuple(system.index(i) for i in t.indices) for t in tensors if t.name in wanted}
    return {**{q.name: q.own for q in system.definitions}, **own}
