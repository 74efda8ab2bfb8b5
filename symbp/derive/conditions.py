"""Conditions as values 0 and 1, and signs: their normal forms, and what one of them says about the others."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from symbp.derive.ranges import never_negative, positive, strictly_positive
from symbp.derive.rational import inverse, lead, normal, rational_content
from symbp.derive.terms import ONE, ZERO, Atom, Coeff, Mono, Poly, add, atom, of, product

PIECEWISE = ("positive", "sign")


def positive_part(p: Poly) -> Poly:
    """[p > 0].  A condition inside p is decided first: [[c]*a > 0] is [c]*[a > 0]."""
    p = normal(p)
    for c in p.atoms():
        if c.kind == "positive":
            yes, no = (positive_part(assume(p, c, holds)) for holds in (True, False))
            return of(c) * yes + (ONE - of(c)) * no
    if strictly_positive(p):
        return ONE
    if not p.terms or never_negative(-p):
        return ZERO
    return of(atom("positive", (), (_scaled(p),)))


def _scaled(p: Poly) -> Poly:
    """p without positive factors: [2*x > 0] is [x > 0]."""
    common = set.intersection(*({(a, e) for a, e in m if positive(a)} for m in p.terms))
    for a, e in sorted(common, key=lambda x: x[0].key):
        p = p * of(a, -e)
    return p.scaled(1 / Fraction(rational_content(p)))


def sign(p: Poly) -> Poly:
    """sign(p), without positive factors; a single term has a positive coefficient."""
    p = normal(p)
    n = p.number
    if n is not None:
        return ONE.scaled((n > 0) - (n < 0))
    if strictly_positive(p):
        return ONE
    if strictly_positive(-p):
        return -ONE
    p = _scaled(p)
    if len(p.terms) == 1 and lead(p) < 0:
        return -of(atom("sign", (), (-p,)))
    return of(atom("sign", (), (p,)))


@cache
def assume(p: Poly, c: Atom, holds: bool) -> Poly:
    """p where the condition c = [u > 0] holds, or where it does not (u <= 0)."""
    known: dict[Atom, Poly] = {}
    u = c.polys[0]
    for a in _pieces(p):
        found = _under(a, u, holds)
        if found is not None:
            known[a] = found
    return exchanged(p, known) if known else p


def _pieces(p: Poly) -> list[Atom]:
    return [a for a in p.atoms() if a.kind in PIECEWISE]


def _under(a: Atom, u: Poly, holds: bool) -> Poly | None:
    """The value of a condition or sign where u > 0 (or u <= 0)."""
    q = a.polys[0]
    if a.kind == "sign":
        if holds and q in (u, -u):
            return ONE if q == u else -ONE
        return None
    if holds:
        if never_negative(q - u):
            return ONE
        if never_negative(-q - u):
            return ZERO
    else:
        if never_negative(u - q):
            return ZERO
        gap = q + u
        if strictly_positive(gap):
            return ONE
    return None


def within_conditions(p: Poly) -> Poly:
    """In a term with the factor [u > 0], that condition holds in its denominators too."""
    if not any(a.kind == "group" and _pieces(a.polys[0]) for a in p.atoms()):
        return p
    return add(_within(m, c) for m, c in p.terms.items())


def _within(m: Mono, c: Coeff) -> Poly:
    given = [a for a, _ in m if a.kind == "positive"]
    out = Poly({tuple(x for x in m if x[0].kind != "group"): c})
    for a, e in m:
        if a.kind != "group":
            continue
        inner = a.polys[0]
        for condition in given:
            inner = assume(inner, condition, True)
        out = out * (of(a, e) if inner == a.polys[0] else inverse(inner) ** -e)
    return out


def exchanged(p: Poly, known: dict[Atom, Poly]) -> Poly:
    """p with atoms of the top level replaced by their values."""
    out = []
    for m, c in p.terms.items():
        stays: Mono = tuple(x for x in m if x[0] not in known)
        out.append(Poly({stays: c}) * product(known[a] ** e for a, e in m if a in known))
    return normal(add(out))
