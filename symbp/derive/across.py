"""Pieces that are one function: where both sides of a kink have the same derivative, the kink has it too.

max(u, 0) + log1p(exp(-|u|)) is written in two pieces and is smooth: for u > 0 and for u < 0 the gradient is the same
function of u.  The forward value is continuous, so its derivative at u = 0 is the common value, which the subgradients
of max and |u| by themselves do not give.
"""

from __future__ import annotations

from symbp.derive.conditions import PIECEWISE, assume
from symbp.derive.rational import expanded, inverse, normal
from symbp.derive.system import System
from symbp.derive.terms import ONE, Atom, Poly, UndefinedError, add, atom, of

EXPONENTIAL = ("sigmoid", "expm1")  # by their definitions, so that both sides are comparable


def across(p: Poly, system: System) -> Poly | None:
    """p as one piece; None where it has no pieces or they differ."""
    for u in _kinks(p, system):
        try:
            right, left = _side(p, u, system), _side(p, -u, system)
        except UndefinedError:
            continue
        if right == left and right != p:
            return right
    return None


def _kinks(p: Poly, system: System) -> list[Poly]:
    """The arguments of conditions and signs that hidden kernels depend on."""
    found: dict[Poly, None] = {}
    for a in p.atoms():
        kernel = _kernel(a, system)
        for c in kernel.polys[0].atoms() if kernel is not None else ():
            if c.kind in PIECEWISE:
                found[c.polys[0]] = None
    return list(found)


def _kernel(a: Atom, system: System) -> Atom | None:
    """What a hidden value is a kernel of, at its own indices."""
    q = system.hidden.get(a.name) if a.kind == "value" else None
    if q is None or q.kernel is None:
        return None
    m = {i: at for own, at in zip(q.lhs.polys, a.polys, strict=True) for i in own.free}
    return system.calculus.swap(q.kernel, m).single if m else q.kernel


def _side(p: Poly, u: Poly, system: System) -> Poly:
    """p where u > 0: conditions and signs decided, also within hidden kernels."""
    condition = atom("positive", (), (u,))
    return normal(_decided(normal(assume(p, condition, True)), condition, system))


def _decided(p: Poly, condition: Atom, system: System) -> Poly:
    out = []
    for m, c in p.terms.items():
        term = Poly({(): c})
        for a, e in m:
            new = _value(a, condition, system)
            term = term * (new**e if e >= 0 else inverse(new) ** -e) if new != of(a) else term * of(a, e)
        out.append(term)
    return expanded(add(out))


def _value(a: Atom, condition: Atom, system: System) -> Poly:
    if a.kind == "group":
        return normal(_decided(a.polys[0], condition, system))
    kernel = _kernel(a, system)
    if kernel is None:
        return of(a)
    argument = assume(kernel.polys[0], condition, True)
    if kernel.name in EXPONENTIAL:
        e = system.name(atom("kernel", ("exp",), (argument,)))
        return normal(e * inverse(ONE + e)) if kernel.name == "sigmoid" else e - ONE
    return of(a) if argument == kernel.polys[0] else system.name(atom("kernel", kernel.data, (argument,)))
