"""The adjoint equations: for each value, the sum of what its readers give.  A linear system without an order.

    y[I] = f(.., x[e(I)], ..)   gives   dx[k] += sum[I](dy[I] * (df/dx) * [e(I) == k])

so that a recurrence needs nothing special: the delta on t - 1 becomes a read at t + 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbp.derive.calculus import ARGUMENT, RESULT, slope
from symbp.derive.indices import apart, delta
from symbp.derive.rational import derivative, normal
from symbp.derive.system import Definition, System
from symbp.derive.terms import ZERO, Atom, Poly, add, of, product, value
from symbp.derive.traverse import fill, values


@dataclass(frozen=True)
class Use:
    """One use of a value: what the reader gives, before its deltas are contracted."""

    reader: str
    read: Atom
    integrand: Poly
    deltas: tuple[tuple[Poly, Atom], ...]
    bound: tuple[Atom, ...]
    own: tuple[Atom, ...]  # those of `bound` that are indices of the reader's left side


def adjoint_name(name: str) -> str:
    return f"d{name}"


def upstream_name(output: str) -> str:
    """The gradient that comes from outside.  In a recurrence the whole gradient of the output is another value."""
    return f"^{adjoint_name(output)}"


def uses(system: System, shapes: Mapping[str, tuple[Atom, ...]]) -> list[Use]:
    """Every use of every value that a gradient is asked for or passes through."""
    out: list[Use] = []
    for q in list(system.definitions):
        for r in smooth_reads(q):
            if r.name in shapes:
                out.append(_use(system, q, r, shapes[r.name]))
    return out


def smooth_reads(q: Definition) -> list[Atom]:
    """What a definition reads and depends on smoothly."""
    if q.kernel is not None:
        return values(q.kernel.polys[0])
    return values(q.body if q.bound else q.rhs)


def reads(q: Definition, name: str) -> bool:
    """Does the definition depend smoothly on the tensor?"""
    return any(r.name == name for r in smooth_reads(q))


def _use(system: System, q: Definition, r: Atom, shape: tuple[Atom, ...]) -> Use:
    calculus = system.calculus
    term = of(value(adjoint_name(q.name), q.lhs.polys)) * partial(system, q, r)
    if q.head is not None and q.head.kind == "max":
        term = term * first_of_maximum(system, q)
    new = {i: of(j) for i, j in apart((*q.own, *q.bound), frozenset(shape)).items()}
    term = calculus.substitute(term, new)
    deltas = tuple((calculus.substitute(at, new), k) for at, k in zip(r.polys, shape, strict=True))
    renamed = tuple(i for p in new.values() for i in p.free)
    return Use(q.name, r, term, deltas, renamed, renamed[: len(q.own)])


def first_of_maximum(system: System, q: Definition) -> Poly:
    """[the bound indices are those of the first maximum], with the window's own indices renamed."""
    new = apart(q.bound, q.body.free)
    body = system.calculus.substitute(q.body, {i: of(j) for i, j in new.items()})
    return of(system.calculus.canonical("first", body, tuple(new.values()), tuple(of(i) for i in q.bound)))


def partial(system: System, q: Definition, r: Atom) -> Poly:
    """The derivative of a right side (of its body, in a reduction) with respect to one element that it reads."""
    if q.kernel is None:
        return normal(derivative(q.body if q.bound else q.rhs, r))
    argument = q.kernel.polys[0]
    outer = fill(slope(q.kernel.name), {RESULT: of(q.lhs), ARGUMENT: argument}, system.name)
    return normal(outer * derivative(argument, r))


def contracted(system: System, use: Use) -> Poly:
    """What the reader gives, its deltas eliminated against the sum."""
    term = use.integrand * product(delta(at - of(k)) for at, k in use.deltas)
    return normal(system.calculus.total(term, use.bound))


def adjoint_system(
    system: System, shapes: Mapping[str, tuple[Atom, ...]], seeds: Mapping[str, Poly]
) -> tuple[dict[str, Poly], dict[str, list[Use]]]:
    """{name: its adjoint, with every other adjoint by name}, and the uses behind each."""
    by_name: dict[str, list[Use]] = {name: [] for name in shapes}
    for use in uses(system, shapes):
        by_name[use.read.name].append(use)
    out = {n: normal(add((seeds.get(n, ZERO), *(contracted(system, u) for u in by_name[n])))) for n in shapes}
    return out, by_name
