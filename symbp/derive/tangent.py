"""The tangents of equations: how each value moves when others do.  Pearlmutter's R operator (1994).

    y[I] = f(.., x[e(I)], ..)   gives   Ry[I] = sum over reads(df/dx * Rx[e(I)])

Equations that are derivatives themselves have tangents like all others: those of forward equations and of their
adjoints together are the product of the second derivative with a direction.  What decides a branch (a comparison, the
place of a maximum) does not move; the tangent of a recurrence is a recurrence in the same direction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from symbp.derive.adjoint import first_of_maximum, partial, smooth_reads
from symbp.derive.choose import Chooser
from symbp.derive.cost import Costs
from symbp.derive.engine import conditional_values, system_of
from symbp.derive.extents import Fact, is_extent, numbers
from symbp.derive.fold import Folder
from symbp.derive.knowledge import Knowledge
from symbp.derive.model import ClosedForm
from symbp.derive.promote import Derived, promoted
from symbp.derive.ranges import inside
from symbp.derive.rational import normal
from symbp.derive.system import Definition, System
from symbp.derive.terms import ONE, ZERO, Atom, Poly, UndefinedError, atom, of, value
from symbp.errors import DerivationError, Problem
from symbp.graph.model import LocalTensor
from symbp.notation.expr import Equation

Naming = Callable[[str], str]


def derive_tangents(
    equations: Sequence[Equation],
    tensors: Sequence[LocalTensor],
    moving: frozenset[str],
    wanted: Sequence[str],
    named: Naming,
    *,
    facts: Sequence[Fact] = (),
    avoid: frozenset[str] = frozenset(),
) -> ClosedForm:
    """The tangents of those values in `wanted` that move, in the place of the adjoints of a closed form.

    `moving` are the tensors and values whose tangents are given; `named` is how a tangent is called.  `forward` holds
    the equations, and values in them that got a name.  Raises DerivationError where a tangent cannot be derived.
    """
    try:
        return _derived(equations, tensors, moving, wanted, named, facts, avoid)
    except UndefinedError as error:
        message = f"the second derivatives of the equations of {equations[-1].name!r} hold {error}"
        raise DerivationError(Problem("D001", message)) from None


def moving_values(
    equations: Sequence[Equation], tensors: Sequence[LocalTensor], moving: frozenset[str], facts: Sequence[Fact] = ()
) -> frozenset[str]:
    """The values of the equations that move with these tensors."""
    system = _system(equations, tensors, facts)
    return _moved(system, moving) & {e.name for e in equations}


def _system(equations: Sequence[Equation], tensors: Sequence[LocalTensor], facts: Sequence[Fact]) -> System:
    return system_of(equations, tensors, facts, frozenset(t.name for t in tensors if t.integer))


def _derived(
    equations: Sequence[Equation],
    tensors: Sequence[LocalTensor],
    moving: frozenset[str],
    wanted: Sequence[str],
    named: Naming,
    facts: Sequence[Fact],
    avoid: frozenset[str],
) -> ClosedForm:
    system = _system(equations, tensors, facts)
    moved = _moved(system, moving)
    found = [q for q in system.definitions if q.name in moved - moving]
    shapes = {q.name: q.own for q in reversed(found)}
    raw = {q.name: _tangent(system, q, moved, named, shapes) for q in found}
    knowledge = Knowledge(system, [(system.fact(a), system.fact(b)) for a, b in facts if not is_extent((a, b))])
    costs = Costs(system.hidden, numbers([f for f in facts if is_extent(f)], system.read))
    asked = tuple(name for name in wanted if name in raw)
    kept = conditional_values(system)
    chooser = Chooser(raw, shapes, asked, Folder(knowledge, costs), costs, system.calculus, kept, named)
    made = (chooser.best(), shapes, raw)
    return promoted(Derived(tuple(equations), tuple(tensors), system, knowledge, *made, {}, {}, avoid, named))


def _moved(system: System, moving: frozenset[str]) -> frozenset[str]:
    """What depends smoothly on what moves, hidden values too."""
    moved = set(moving)
    while True:
        more = {q.name for q in system.definitions if q.name not in moved and _reads_any(q, moved)}
        if not more:
            return frozenset(moved)
        moved |= more


def _reads_any(q: Definition, names: set[str]) -> bool:
    return any(r.name in names for r in smooth_reads(q))


def _tangent(
    system: System, q: Definition, moved: frozenset[str], named: Naming, shapes: Mapping[str, tuple[Atom, ...]]
) -> Poly:
    """The partial derivatives, each times the tangent of what is read, under the sum that a definition is."""
    whole = ZERO
    for r in (r for r in smooth_reads(q) if r.name in moved):
        inner = partial(system, q, r) * of(value(named(r.name), r.polys))
        whole = whole + inner * _on_its_axes(system, r, shapes.get(r.name, ()))
    if q.head is not None and q.head.kind == "max":
        whole = whole * first_of_maximum(system, q)
    return normal(system.calculus.total(whole, q.bound) if q.bound else whole)


def _on_its_axes(system: System, r: Atom, own: tuple[Atom, ...]) -> Poly:
    """Where a read is on the axes: outside it is 0, whatever its equation would give there."""
    out = ONE
    for at, i in zip(r.polys, own, strict=False):
        if not inside(at, i.size, system.calculus.extents):
            out = out * of(atom("range", (), (at, i.size)))
    return out
