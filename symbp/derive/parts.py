"""Parts of polynomials: the terms that hold an atom, those that do not, and quotients that are monomials."""

from __future__ import annotations

from fractions import Fraction

from symbp.derive.rational import over, primitive
from symbp.derive.terms import Atom, Poly


def cofactor(p: Poly, a: Atom) -> Poly:
    """The terms that hold a, without it."""
    return Poly({tuple(x for x in m if x[0] is not a): c for m, c in p.terms.items() if any(x[0] is a for x in m)})


def without(p: Poly, a: Atom) -> Poly:
    """The terms that do not hold a."""
    return Poly({m: c for m, c in p.terms.items() if all(x[0] is not a for x in m)})


def ratio(p: Poly, u: Poly) -> Poly | None:
    """p / u where it is a monomial."""
    if not p.terms or not u.terms:
        return None
    (c, m, q), (d, n, r) = primitive(p), primitive(u)
    return over(Poly({m: c}), n).scaled(1 / Fraction(d)) if q == r else None


def is_constant(p: Poly) -> bool:
    return not any(a.free or a.kind == "value" for a in p.atoms())
