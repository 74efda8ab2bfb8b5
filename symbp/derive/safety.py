"""What can go wrong in floating point although the mathematics is right.

Overflow: exp, sinh, cosh of an argument without an upper bound.  A division by a value that can be 0 is never brought
in by a rule (`divisors` before and after are compared).
"""

from __future__ import annotations

from symbp.derive.parts import cofactor, ratio, without
from symbp.derive.ranges import never_negative, positive, strictly_positive
from symbp.derive.terms import Atom, Poly

GROWING = frozenset(("exp", "expm1", "sinh", "cosh"))


def overflows(kernel: Atom) -> bool:
    """Can the kernel be infinite for a finite argument?"""
    return kernel.name in GROWING and not bounded_above(kernel.polys[0])


def bounded_above(p: Poly) -> bool:
    """Is p <= 0 known, up to an additive constant: -|u|, -u**2, x - max(x)?"""
    rest = _without_abs(p)
    moving = Poly({m: c for m, c in rest.terms.items() if any(a.kind == "value" for a, _ in m)})
    return never_negative(-moving)


def _without_abs(p: Poly) -> Poly:
    """p with the terms of -c*u*sign(u) left out, c > 0."""
    for s in sorted((a for a in p.atoms() if a.kind == "sign"), key=lambda a: a.key):
        scale = ratio(cofactor(p, s), s.polys[0])
        if scale is not None and scale.number is not None and scale.number < 0:
            p = without(p, s)
    return p


def away_from_zero(p: Poly) -> bool:
    """Is p a positive constant plus what is positive?"""
    floor = [m for m, c in p.terms.items() if c > 0 and all(a.kind == "scalar" and positive(a) for a, _ in m)]
    return bool(floor) and strictly_positive(p)


def divisors(p: Poly) -> frozenset[str]:
    """What the form divides by: tensors by name, polynomials and sums by their text, unless they stay away from 0."""
    out: set[str] = set()
    for m in p.terms:
        for a, e in m:
            if e < 0 and a.kind == "value":
                out.add(a.name)
            elif e < 0 and a.kind in ("group", "sum") and not away_from_zero(a.polys[0]):
                out.add(a.key)
            elif a.kind in ("sum", "group"):
                out |= divisors(a.polys[0])
    return frozenset(out)
