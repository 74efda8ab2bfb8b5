"""Polynomials in other shapes of the same value, before they are factored.

Sums merged or written as means, u*sign(u) as |u|, and divisors made opaque, lest a common denominator be made of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction

from symbp.derive.parts import cofactor, ratio, without
from symbp.derive.rational import in_every_term, normal, over, rational_content
from symbp.derive.terms import Atom, Coeff, Mono, Poly, add, atom, number, of, product, times

LARGE = 1000  # numbers above this come from decimals of the author: they stay decimals


def has_fractions(p: Poly) -> bool:
    """Does a term have a divisor, or a fraction for its coefficient?"""
    return any(Fraction(c).denominator != 1 or any(e < 0 for _, e in m) for m, c in p.terms.items())


def merge_sums(p: Poly, inside: bool) -> Poly:
    """Sums over the same indices with the same factor in front become one; `inside` takes constants into the sums."""
    groups: dict[tuple[Mono, tuple[Atom, ...]], list[Poly]] = {}
    rest: list[Poly] = []
    for m, c in p.terms.items():
        sums = [(a, e) for a, e in m if a.kind == "sum"]
        if len(sums) == 1 and sums[0][1] == 1:
            moved = tuple(x for x in m if inside and x[0].kind == "scalar")
            outer = tuple(x for x in m if x[0] is not sums[0][0] and x not in moved)
            body = sums[0][0].polys[0] * Poly({moved: c})
            groups.setdefault((outer, sums[0][0].bound), []).append(body)
        else:
            rest.append(Poly({m: c}))
    for (outer, bound), bodies in groups.items():
        body = normal(add(bodies))
        if not body.terms:
            continue
        content = Fraction(rational_content(body))
        if all(c < 0 for c in body.terms.values()):
            content = -content
        common = tuple(x for x in in_every_term(body) if x[0].kind == "scalar")
        body = over(body, common).scaled(1 / content)
        made = atom("sum" if len(body.terms) == 1 else "merged", (), (body,), bound)
        rest.append(Poly({times(outer, common)[1]: 1}).scaled(content) * of(made))
    return add(rest)


def as_means(p: Poly) -> Poly | None:
    """Every sum written as its size times a mean; None where there is none, or one in a divisor."""
    sizes = {a: product(i.size for i in a.bound) for a in p.atoms() if a.kind in ("sum", "merged")}
    if not sizes:
        return None
    out = []
    for m, c in p.terms.items():
        term = Poly({tuple(x for x in m if x[0] not in sizes): c})
        for a, e in m:
            if a in sizes:
                if e < 0:
                    return None
                term = term * (sizes[a] * of(atom("mean", (), a.polys, a.bound))) ** e
        out.append(term)
    return add(out)


def collect_abs(p: Poly) -> Poly:
    """u*sign(u) is |u|."""
    for s in sorted((a for a in p.atoms() if a.kind == "sign"), key=lambda a: a.key):
        scale = ratio(cofactor(p, s), s.polys[0])
        inner = set(s.polys[0].atoms())
        if scale is None or any(e < 0 and a in inner for m in scale.terms for a, e in m):
            continue
        if all((s, 1) in m for m in p.terms if any(x[0] is s for x in m)):
            p = without(p, s) + scale * of(atom("abs", (), s.polys))
    return p


def opaque(p: Poly, pick: Callable[[Atom, int], bool]) -> Poly:
    """The picked factors of each term as one atom, lest a common denominator be made of them."""
    out = []
    for m, c in p.terms.items():
        picked = tuple(x for x in m if pick(*x))
        term = Poly({tuple(x for x in m if not pick(*x)): c})
        out.append(term * of(atom("opaque", (), (Poly({picked: 1}),))) if picked else term)
    return add(out)


def guarded(p: Poly) -> Poly:
    """A divisor that is read in range only stays with the condition that says so: outside it is 0."""
    out = []
    for m, c in p.terms.items():
        held = tuple(x for x in m if x[0].kind in ("range", "divides") or (x[1] < 0 and x[0].free))
        if any(e < 0 for _, e in held) and any(a.kind in ("range", "divides") for a, _ in held):
            rest = Poly({tuple(x for x in m if x not in held): c})
            out.append(rest * of(atom("opaque", (), (Poly({held: 1}),))))
        else:
            out.append(Poly({m: c}))
    return add(out)


def opaque_denominator(term: Poly) -> Poly:
    """a/6 as a times the opaque 1/6."""
    ((m, c),) = term.terms.items()
    d = Fraction(c).denominator
    return term if d == 1 else Poly({m: Fraction(c).numerator}) * of(atom("opaque", (), (number(Fraction(1, d)),)))


def differences_of_squares(parts: tuple[tuple[Poly, int], ...]) -> list[tuple[Poly, int]]:
    """(1 - y)(1 + y) is 1 - y**2."""
    out = list(parts)
    for (p, e), (q, f) in itertools.combinations(parts, 2):
        if e == f == 1 and len(p.terms) == len(q.terms) == 2 and (p, e) in out and (q, f) in out:
            both = p * q
            if len(both.terms) == 2:
                out.remove((p, e))
                out.remove((q, f))
                out.append((both, 1))
    return out


def decimals(c: Coeff, parts: list[tuple[Poly, int]]) -> tuple[Coeff, list[tuple[Poly, int]]]:
    """0.5 + 0.067*x, not (500 + 67*x)/1000."""
    if Fraction(c).denominator <= LARGE:
        return c, parts
    for k, (q, e) in enumerate(parts):
        if e == 1 and any(not -LARGE <= k <= LARGE for k in q.terms.values()):
            return 1, [*parts[:k], (q.scaled(c), 1), *parts[k + 1 :]]
    return c, parts
