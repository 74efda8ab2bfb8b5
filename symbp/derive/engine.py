"""Equations in, closed-form gradients out: the stages of a derivation, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.derive.adjoint import adjoint_name, adjoint_system, reads, upstream_name
from symbp.derive.choose import Chooser
from symbp.derive.cost import Costs
from symbp.derive.extents import Fact, inequalities, is_extent, numbers
from symbp.derive.fold import Folder
from symbp.derive.indices import Indices
from symbp.derive.knowledge import Knowledge
from symbp.derive.model import ClosedForm
from symbp.derive.promote import Derived, promoted
from symbp.derive.repeats import Kept
from symbp.derive.system import System
from symbp.derive.terms import INDICATORS, ONE, Atom, UndefinedError, of, value
from symbp.errors import DerivationError, Problem
from symbp.graph.model import LocalTensor
from symbp.notation.expr import Equation, Expr


def derive_equations(
    equations: Sequence[Equation],
    tensors: Sequence[LocalTensor],
    *,
    facts: Sequence[tuple[Expr, Expr]] = (),
    is_loss: bool = False,
    avoid: frozenset[str] = frozenset(),
) -> ClosedForm:
    """The closed form of the gradients of `equations` with respect to every input and parameter of `tensors`.

    The last equation defines the output; its upstream gradient is read as ``d<output>`` (a loss: 1).  `facts` are
    equations that hold for the data, such as ``sum[j](t[n,j]) = 1``, and sizes, such as ``P = (H - U)//2 + 1``.
    Values that the engine finds get names, none of those in `avoid`.
    Raises `DerivationError` where a gradient cannot be derived; nothing is approximated instead.
    """
    try:
        return _derived(equations, tensors, facts, is_loss, avoid)
    except UndefinedError as error:
        message = f"the equations of {equations[-1].name!r} hold {error}"
        raise DerivationError(Problem("D001", message)) from None


def _derived(
    equations: Sequence[Equation],
    tensors: Sequence[LocalTensor],
    facts: Sequence[Fact],
    is_loss: bool,
    avoid: frozenset[str],
) -> ClosedForm:
    system = system_of(equations, tensors, facts)
    wanted = tuple(t.name for t in tensors if t.role in ("input", "parameter") and not t.integer)
    shapes = _shapes(system, tensors, wanted)
    output = system.definitions[-1].lhs
    loops = any(reads(q, output.name) for q in system.definitions)
    upstream = upstream_name(output.name) if loops else adjoint_name(output.name)
    seeds = {output.name: ONE if is_loss else of(value(upstream, output.polys))}
    adjoints, uses = adjoint_system(system, shapes, seeds)
    if not loops and not is_loss:
        adjoints.pop(output.name)  # it is given
    knowledge = Knowledge(system, [(system.fact(a), system.fact(b)) for a, b in facts if not is_extent((a, b))])
    costs = Costs(system.hidden, numbers([f for f in facts if is_extent(f)], system.read))
    folder, named = Folder(knowledge, costs), conditional_values(system)
    chooser = Chooser(adjoints, {n: shapes[n] for n in adjoints}, wanted, folder, costs, system.calculus, named)
    made = (chooser.best(), shapes, adjoints, uses, seeds)
    return promoted(Derived(tuple(equations), tuple(tensors), system, knowledge, *made, avoid))


def system_of(
    equations: Sequence[Equation],
    tensors: Sequence[LocalTensor],
    facts: Sequence[Fact],
    integers: frozenset[str] = frozenset(),
) -> System:
    """The equations as polynomials.  `integers` are tensors whose integers stay such when they are read."""
    extents = [f for f in facts if is_extent(f)]
    calculus = Indices(inequalities(extents, System(Indices(())).read))
    system = System(calculus, [t.name for t in tensors if t.positive], integers)
    for equation in equations:
        system.define(equation)
    return system


def conditional_values(system: System) -> tuple[Kept, ...]:
    """The author's values that hold conditions: no rule of the search can divide by these."""
    own = [q for q in system.definitions if q.name not in system.hidden and q.head is None]
    return tuple(Kept(q.lhs, q.rhs) for q in own if q.rhs.has(*INDICATORS) and len(q.rhs.terms) > 1)


def _shapes(system: System, tensors: Sequence[LocalTensor], wanted: Sequence[str]) -> dict[str, tuple[Atom, ...]]:
    """The indices of everything that a gradient is asked for or passes through: the last definition first."""
    own = {t.name: tuple(system.index(i) for i in t.indices) for t in tensors if t.name in wanted}
    return {**{q.name: q.own for q in system.definitions}, **own}
