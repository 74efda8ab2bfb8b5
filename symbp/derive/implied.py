"""Ranges that nothing needs: beside a factor that is 0 outside its axis, [0 <= v < size] says nothing new.

They stay where something is divided by a value read there: 0 * 1/0 is not 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbp.derive.indices import Indices
from symbp.derive.terms import Atom, Mono, Poly, add, of

Axes = Mapping[str, tuple[Poly, ...]]  # the sizes of the axes of each tensor


def without_implied(p: Poly, axes: Axes, calculus: Indices) -> Poly:
    """p without the ranges that its other factors imply."""
    out = []
    for m, c in p.terms.items():
        term = Poly({tuple(x for x in m if not _implied(x[0], m, axes) and x[0].kind != "sum"): c})
        for a, e in m:
            if a.kind == "sum":
                term = term * _inside(a, axes, calculus) ** e if e > 0 else term * of(a, e)
        out.append(term)
    return add(out)


def _inside(a: Atom, axes: Axes, calculus: Indices) -> Poly:
    body, bound = calculus.opened(a)
    return calculus.total(without_implied(body, axes, calculus), bound)


def _implied(a: Atom, m: Mono, axes: Axes) -> bool:
    if a.kind != "range" or any(e < 0 and _reads(b, a.polys[0]) for b, e in m):
        return False
    return any(e > 0 and b is not a and _zero_outside(b, a, axes) for b, e in m)


def _zero_outside(b: Atom, condition: Atom, axes: Axes) -> bool:
    """Is b 0 where the condition fails?"""
    at, size = condition.polys
    if b.kind == "value":
        return any(p == at and s == size for p, s in zip(b.polys, axes.get(b.name, ()), strict=False))
    if b.kind == "sum":
        return all(any(e > 0 and _zero_outside(x, condition, axes) for x, e in m) for m in b.polys[0].terms)
    return False


def _reads(b: Atom, at: Poly) -> bool:
    """Does b, or anything in it, read a value at this index?"""
    if b.kind == "value" and at in b.polys:
        return True
    return any(_reads(c, at) for p in b.polys for c in p.atoms())
