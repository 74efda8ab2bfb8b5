"""Division: exact quotients, factors, and the normal form over one cancelled denominator.

Denominators hold irreducible polynomials only (atoms of kind "group"), so that cancelling is trial division.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, reduce
from math import gcd, isqrt, lcm
from typing import Any

from symbp.derive.loading import at_first_use
from symbp.derive.terms import ONE, ZERO, Atom, Coeff, Mono, Poly, UndefinedError, add, atom, of, reduced, times

sympy: Any = at_first_use("sympy")
STEPS = 400  # of a long division: more terms than any quotient in use has

Dense = dict[tuple[int, ...], Coeff]


def monomial_content(p: Poly) -> Mono:
    """The largest monomial that divides every term (conditions on values left out)."""
    common: dict[Atom, int] | None = None
    for m in p.terms:
        here = {a: e for a, e in m if a.kind != "positive"}
        if common is None:
            common = here
            continue
        both = common.keys() | here.keys()
        common = {a: low for a in both if (low := min(common.get(a, 0), here.get(a, 0)))}
    return tuple(sorted((common or {}).items(), key=lambda x: x[0].key))


def in_every_term(p: Poly) -> Mono:
    """The factors and divisors that all terms have."""
    exponents: dict[Atom, list[int]] = {}
    for m in p.terms:
        for a, e in m:
            exponents.setdefault(a, []).append(e)
    out = []
    for a in sorted(exponents, key=lambda a: a.key):
        all_of_them = exponents[a]
        if len(all_of_them) == len(p.terms) and (min(all_of_them) > 0 or max(all_of_them) < 0):
            out.append((a, min(all_of_them, key=abs)))
    return tuple(out)


def inverted(m: Mono) -> Poly:
    """1 / m."""
    if any(a.special and a.kind not in ("root", "sign") for a, _ in m):
        raise UndefinedError("a division by a condition, which can be 0")
    back = Poly({tuple((a, -e) for a, e in m if a.kind != "group"): 1})
    for a, e in m:
        if a.kind == "group":
            back = back * a.polys[0] ** -e
    return back


def over(p: Poly, m: Mono) -> Poly:
    """p / m for a monomial m; the groups in m are in every term of p."""
    if not m:
        return p
    return expanded(p * Poly({tuple((a, -e) for a, e in m): 1}))


def expanded(p: Poly) -> Poly:
    """Groups with positive exponents multiplied out."""
    if not any(a.kind == "group" and e > 0 for m in p.terms for a, e in m):
        return p
    out = []
    for m, c in p.terms.items():
        term = Poly({tuple((a, e) for a, e in m if a.kind != "group" or e < 0): c})
        for a, e in m:
            if a.kind == "group" and e > 0:
                term = term * a.polys[0] ** e
        out.append(term)
    return add(out)


def rational_content(p: Poly) -> Coeff:
    """The positive rational number c for which p / c has coprime integer coefficients."""
    numerator = gcd(*(c.numerator for c in p.terms.values()))
    return reduced(Fraction(numerator, lcm(*(c.denominator for c in p.terms.values()))))


def lead(p: Poly) -> Coeff:
    """The coefficient that decides the sign of a primitive polynomial: its first term's by name, constants last."""
    return p.terms[min(p.terms, key=lambda m: (not m, tuple((a.key, -e) for a, e in m)))]


def primitive(p: Poly) -> tuple[Coeff, Mono, Poly]:
    """p = c * m * q: q has coprime integer coefficients, no common monomial, and a positive leading coefficient."""
    m = monomial_content(p)
    q = over(p, m)
    c = rational_content(q)
    if lead(q) < 0:
        c = -c
    return c, m, q.scaled(Fraction(1) / c)


def inverse(p: Poly) -> Poly:
    """1 / p, with irreducible denominators."""
    if not p.terms:
        raise UndefinedError("a division by 0")
    if len(p.terms) == 1:
        ((m, c),) = p.terms.items()
        return inverted(m).scaled(reduced(Fraction(1) / c))
    c, m, parts = factors(p)
    out = inverted(m).scaled(reduced(Fraction(1) / c))
    for q, e in parts:
        out = out * of(atom("group", (), (q,)), -e)
    return out


def power(p: Poly, exponent: int) -> Poly:
    return p**exponent if exponent >= 0 else inverse(p) ** -exponent


@cache
def normal(p: Poly) -> Poly:
    """The unique form: one numerator, fully cancelled, over powers of irreducible polynomials."""
    powers: dict[Atom, int] = {}
    for m in p.terms:
        for a, e in m:
            if a.kind == "group":
                powers[a] = max(powers.get(a, 0), -e)
    if not powers:
        return p
    groups = sorted(powers, key=lambda a: a.key)
    numerator = add(_raised(m, c, groups, powers) for m, c in p.terms.items())
    for g in groups:
        while powers[g]:
            q = quotient(numerator, g.polys[0])
            if q is None:
                break
            numerator, powers[g] = q, powers[g] - 1
    below: Mono = tuple((g, -powers[g]) for g in groups if powers[g])
    return numerator * Poly({below: 1})


def _raised(m: Mono, c: Coeff, groups: Sequence[Atom], powers: dict[Atom, int]) -> Poly:
    """The term times the common denominator."""
    own = dict(m)
    out = Poly({tuple((a, e) for a, e in m if a.kind != "group"): c})
    for g in groups:
        out = out * g.polys[0] ** (powers[g] + own.get(g, 0))
    return out


def quotient(p: Poly, d: Poly) -> Poly | None:
    """p / d where it is a polynomial in the atoms of d (exponents may be negative), else None.  d has several terms."""
    names = sorted(d.atoms(), key=lambda a: a.key)
    inside = set(names)
    rest: dict[Mono, Dense] = {}
    for m, c in p.terms.items():
        outer = tuple(x for x in m if x[0] not in inside)
        own = dict(m)
        rest.setdefault(outer, {})[tuple(own.get(a, 0) for a in names)] = c
    divisor = {tuple(dict(m).get(a, 0) for a in names): c for m, c in d.terms.items()}
    out = ZERO
    for outer, dense in rest.items():
        found = _divide(dense, divisor)
        if found is None:
            return None
        for e, c in found.items():
            inner: Mono = tuple((a, k) for a, k in zip(names, e, strict=True) if k)
            f, m = times(outer, inner)
            if f:
                out = out + Poly({m: reduced(c * f)})
    return out


def _divide(p: Dense, d: Dense) -> Dense | None:
    """Exact long division by leading terms in lexicographic order."""
    if len(p) < 2:
        return None
    lead = max(d)
    floor = tuple(x - y for x, y in zip(min(p), min(d), strict=True))
    rest = dict(p)
    out: Dense = {}
    for _ in range(STEPS):
        if not rest:
            return out
        top = max(rest)
        e = tuple(x - y for x, y in zip(top, lead, strict=True))
        if e < floor:
            return None
        c = rest[top] / Fraction(d[lead]) if d[lead] != 1 else rest[top]
        out[e] = reduced(c)
        for m, k in d.items():
            at = tuple(x + y for x, y in zip(e, m, strict=True))
            total = rest.get(at, 0) - c * k
            if total:
                rest[at] = reduced(total)
            else:
                rest.pop(at, None)
    return None


@cache
def factors(p: Poly) -> tuple[Coeff, Mono, tuple[tuple[Poly, int], ...]]:
    """p = c * m * product of q**e: irreducible primitive q, ordered by their text."""
    c, m, q = primitive(p)
    found: dict[Poly, int] = {}
    for factor, e in _irreducible(q):
        k, more, f = primitive(factor)  # without its denominators a polynomial may have new common factors
        c, m = c * k**e, times(m, tuple((a, j * e) for a, j in more))[1]
        found[f] = found.get(f, 0) + e
    return reduced(c), m, tuple(sorted(((f, e) for f, e in found.items() if f != ONE), key=lambda x: x[0].key))


def _irreducible(p: Poly) -> list[tuple[Poly, int]]:
    """The factors of a primitive polynomial.  One linear in an atom splits by the common factor of its halves."""
    if len(p.terms) < 2:
        return [(p, 1)]
    if len(p.terms) == 2:
        return _binomial(p)
    for v in sorted(p.atoms(), key=lambda a: a.key):
        if all(dict(m).get(v, 0) in (0, 1) for m in p.terms) and v.kind != "positive":
            a = Poly({tuple(x for x in m if x[0] is not v): c for m, c in p.terms.items() if any(x[0] is v for x in m)})
            b = Poly({m: c for m, c in p.terms.items() if not any(x[0] is v for x in m)})
            g = common_factor(a, b)
            if len(g.terms) < 2:
                return [(p, 1)]
            q = quotient(p, g)
            assert q is not None
            return [*_irreducible(q), *_irreducible(g)]
    return _by_sympy(p)


def _binomial(p: Poly) -> list[tuple[Poly, int]]:
    """Two coprime monomials split where their exponents have a common factor: into (a - b)(a + b), or by SymPy."""
    (m, c), (n, d) = p.terms.items()
    common = gcd(*(e for _, e in (*m, *n)))
    if common == 1 or (common == 2 and (c > 0) == (d > 0)):
        return [(p, 1)]
    roots = isqrt(abs(int(c))), isqrt(abs(int(d)))
    if common == 2 and roots[0] ** 2 == abs(c) and roots[1] ** 2 == abs(d):
        half = [tuple((a, e // 2) for a, e in x) for x in (m, n)]
        minus, plus = ([(half[0], roots[0]), (half[1], s * roots[1])] for s in (-1, 1))
        sign = Poly({(): -1 if c < 0 else 1})
        return [(sign, 1), *((Poly(dict(q)), 1) for q in (minus, plus))]
    return [(p, 1)] if common == 2 else _by_sympy(p)


@cache
def common_factor(a: Poly, b: Poly) -> Poly:
    """The greatest common divisor of two polynomials, but for monomials.

    An atom that only one of them has is in no common factor: the factor divides all its coefficients.
    """
    if len(a.terms) < 2 or len(b.terms) < 2:
        return ONE
    a, b = primitive(a)[2], primitive(b)[2]
    if a == b:
        return a
    mine, other = set(a.atoms()), set(b.atoms())
    if mine.isdisjoint(other):
        return ONE
    for p, q, only in ((a, b, mine - other), (b, a, other - mine)):
        if only:
            v = min(only, key=lambda x: x.key)
            parts = sorted(_coefficients(p, v), key=lambda c: len(c.terms))
            return reduce(common_factor, parts, q)
    names = _names(a, b)
    return _poly(_element(a, names).gcd(_element(b, names)), names)


def _coefficients(p: Poly, v: Atom) -> list[Poly]:
    """The polynomials that stand before the powers of v."""
    out: dict[int, dict[Mono, Coeff]] = {}
    for m, c in p.terms.items():
        out.setdefault(dict(m).get(v, 0), {})[tuple(x for x in m if x[0] is not v)] = c
    return [Poly(terms) for terms in out.values()]


def _by_sympy(p: Poly) -> list[tuple[Poly, int]]:
    names = _names(p)
    c, parts = _element(p, names).factor_list()
    return [(Poly({(): int(c)}), 1), *((_poly(f, names), e) for f, e in parts)]


def _names(*polys: Poly) -> list[Atom]:
    return sorted({a for p in polys for a in p.atoms()}, key=lambda a: a.key)


@cache
def _ring(n: int) -> Any:
    return sympy.polys.rings.PolyRing([f"v{k}" for k in range(n)], sympy.ZZ, sympy.lex)


def _element(p: Poly, names: Sequence[Atom]) -> Any:
    """The primitive polynomial p as an element of a ring of SymPy."""
    out = {}
    for m, c in p.terms.items():
        own = dict(m)
        out[tuple(own.get(a, 0) for a in names)] = sympy.ZZ(int(c))
    return _ring(len(names)).from_dict(out)


def _poly(e: Any, names: Sequence[Atom]) -> Poly:
    return Poly({tuple((a, k) for a, k in zip(names, exps, strict=True) if k): int(c) for exps, c in e.terms()})


def derivative(p: Poly, v: Atom) -> Poly:
    """d p / d v, conditions and signs taken as constant."""
    out: list[Poly] = []
    for m, c in p.terms.items():
        for a, e in m:
            if a is v:
                out.append(Poly({m: c}).scaled(e) * of(v, -1))
            elif a.kind == "group":
                inner = derivative(a.polys[0], v)
                if inner.terms:
                    out.append(Poly({m: c}).scaled(e) * of(a, -1) * inner)
    return add(out)
