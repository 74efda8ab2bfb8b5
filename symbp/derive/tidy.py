"""The factored form of a polynomial, as a person would write it.

Sums over the same indices are merged, common factors stand in front, a sum divided by its size is a mean, short sums
without a common factor are grouped, and a fraction is taken apart where that is shorter.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from symbp.derive.parts import cofactor, ratio, without
from symbp.derive.pieces import pieces
from symbp.derive.rational import factors, in_every_term, monomial_content, over, rational_content
from symbp.derive.terms import Atom, Coeff, Mono, Poly, add, atom, number, of, product, times
from symbp.derive.tree import Tree, leaf, literal, plus, power, prod, tree

HORNER_TERMS = 6  # longer sums are left as they are
LARGE = 1000  # numbers above this come from decimals of the author: they stay decimals


@cache
def tidy(p: Poly) -> Tree:
    """p, factored."""
    if any(a.kind == "positive" for a in p.atoms()):
        return pieces(p, tidy, _monomial)
    return _smooth(p)


def _smooth(p: Poly) -> Tree:
    """The shortest of the forms without conditions."""
    merged = _collect_abs(_merge_sums(p, inside=False))
    ways = _ways(merged)
    if any(a.kind == "sum" for a in p.atoms()):
        wider = _collect_abs(_merge_sums(p, inside=True))
        ways += _ways(wider) if wider != merged else []
    return min(ways, key=lambda t: t.size)


def _ways(p: Poly) -> list[Tree]:
    ways = [_factored(p)]
    sums = {a: product(i.size for i in a.bound) for a in p.atoms() if a.kind in ("sum", "merged")}
    by_means = _as_means(p, sums) if sums else None
    if by_means is not None:
        ways.append(_factored(by_means))
    if len(p.terms) > 1:
        ways += [_apart(p), *([_apart(by_means)] if by_means is not None else [])]
        ways += _partial_fractions(p)
    return ways


def _as_means(p: Poly, sizes: dict[Atom, Poly]) -> Poly | None:
    """Every sum written as its size times a mean."""
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


def _merge_sums(p: Poly, inside: bool) -> Poly:
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
        body = add(bodies)
        content = Fraction(rational_content(body))
        if all(c < 0 for c in body.terms.values()):
            content = -content
        common = tuple(x for x in in_every_term(body) if x[0].kind == "scalar")
        body = over(body, common).scaled(1 / content)
        made = atom("sum" if len(body.terms) == 1 else "merged", (), (body,), bound)
        rest.append(Poly({times(outer, common)[1]: 1}).scaled(content) * of(made))
    return add(rest)


def _collect_abs(p: Poly) -> Poly:
    """u*sign(u) is |u|."""
    for s in sorted((a for a in p.atoms() if a.kind == "sign"), key=lambda a: a.key):
        scale = ratio(cofactor(p, s), s.polys[0])
        inner = set(s.polys[0].atoms())
        if scale is None or any(e < 0 and a in inner for m in scale.terms for a, e in m):
            continue
        if all((s, 1) in m for m in p.terms if any(x[0] is s for x in m)):
            p = without(p, s) + scale * of(atom("abs", (), s.polys))
    return p


# -- fractions -------------------------------------------------------------------------------------------------------
def _opaque(p: Poly, pick: Callable[[Atom, int], bool]) -> Poly:
    """The picked factors of each term as one atom, lest a common denominator be made of them."""
    out = []
    for m, c in p.terms.items():
        picked = tuple(x for x in m if pick(*x))
        term = Poly({tuple(x for x in m if not pick(*x)): c})
        out.append(term * of(atom("opaque", (), (Poly({picked: 1}),))) if picked else term)
    return add(out)


def _apart(p: Poly) -> Tree:
    """Divisors that not every term has stay with their terms: p - 1/J, not (J*p - 1)/J."""
    shared = in_every_term(p)
    content = Fraction(rational_content(p)).numerator
    rest = _opaque(over(p, shared).scaled(Fraction(1, content)), lambda a, e: e < 0 and a.kind != "root")
    denominators = {Fraction(c).denominator for c in rest.terms.values()}
    if len(denominators) > 1 and max(denominators) < LARGE:
        rest = add(_opaque_denominator(q) for q in rest.split())
    return prod(content, (*_monomial(shared), _factored(rest)))


def _opaque_denominator(term: Poly) -> Poly:
    """a/6 as a times the opaque 1/6."""
    ((m, c),) = term.terms.items()
    d = Fraction(c).denominator
    return term if d == 1 else Poly({m: Fraction(c).numerator}) * of(atom("opaque", (), (number(Fraction(1, d)),)))


def _partial_fractions(p: Poly) -> list[Tree]:
    """(a + b - t)/(a + b) as 1 - t/(a + b)."""
    content = monomial_content(p)
    numerator = over(p, content)
    out = []
    for g, e in content:
        if g.kind != "group" or e != -1 or len(numerator.terms) < len(g.polys[0].terms):
            continue
        first = next(iter(sorted(g.polys[0].split(), key=lambda q: q.key)))
        ((m, c),) = first.terms.items()
        for term in numerator.split():
            whole = over(term, m).scaled(1 / Fraction(c))
            rest = numerator - whole * g.polys[0]
            if len(rest.terms) < len(numerator.terms) and not any(k < 0 for n in whole.terms for _, k in n):
                front = tuple(x for x in content if x[0] is not g)
                out.append(prod(1, (*_monomial(front), plus((_factored(whole), tidy(rest * of(g, -1)))))))
    return out


# -- factors ---------------------------------------------------------------------------------------------------------
def _factored(p: Poly) -> Tree:
    """The product of irreducible factors, each grouped."""
    if not p.terms:
        return literal(0)
    c, m, parts = factors(_opaque(p, lambda a, e: a.kind == "root"))
    c, joined = _decimals(c, _differences_of_squares(parts))
    bases = [power(_grouped(q), e) for q, e in joined]
    return prod(c, (*_monomial(m), *bases))


def _decimals(c: Coeff, parts: list[tuple[Poly, int]]) -> tuple[Coeff, list[tuple[Poly, int]]]:
    """0.5 + 0.067*x, not (500 + 67*x)/1000."""
    if Fraction(c).denominator <= LARGE:
        return c, parts
    for k, (q, e) in enumerate(parts):
        if e == 1 and any(not -LARGE <= k <= LARGE for k in q.terms.values()):
            return 1, [*parts[:k], (q.scaled(c), 1), *parts[k + 1 :]]
    return c, parts


def _differences_of_squares(parts: tuple[tuple[Poly, int], ...]) -> list[tuple[Poly, int]]:
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


def _monomial(m: Mono) -> tuple[Tree, ...]:
    out: list[Tree] = []
    for a, e in m:
        if a.kind == "group":
            out.append(power(tidy(a.polys[0]), e))
        elif a.kind == "opaque":
            ((inner, c),) = a.polys[0].terms.items()
            out.extend(_monomial(tuple((b, k * e) for b, k in inner)))
            out.extend([] if c == 1 else [power(literal(Fraction(c).denominator), -1)])
        else:
            out.append(power(_atom(a), e))
    return tuple(out)


def _atom(a: Atom) -> Tree:
    if a.kind in ("sum", "merged", "mean"):
        return tree("mean" if a.kind == "mean" else "sum", (tidy(a.polys[0]),), None, a.bound)
    if a.kind in ("sign", "abs"):
        return tree("call", (tidy(a.polys[0]),), a.kind)
    if a.kind == "first":
        return tree("first", (tidy(a.polys[0]), *(tidy(p) for p in a.polys[1:])), None, a.bound)
    return leaf(a)


@cache
def _grouped(p: Poly) -> Tree:
    """s + y - s*y as s + y*(1 - s): for a short sum without common factor, the grouping with the fewest operations."""
    p = _collect_abs(p)
    best = _flat(p)
    low = (best.size, len(p.terms), True)
    if not 3 <= len(p.terms) <= HORNER_TERMS:
        return best
    for v in sorted(p.atoms(), key=lambda a: a.key):
        q = cofactor(p, v)
        if len(q.terms) < 2 or any(e != 1 for m in p.terms for a, e in m if a is v):
            continue
        rest = without(p, v)
        inner = prod(1, (*_monomial(((v, 1),)), _factored(q)))
        front = _factored(rest) if rest.terms else None
        way = inner if front is None else plus((*(front.args if front.op == "add" else (front,)), inner))
        rank = (way.size, len(rest.terms), all(m for m in q.terms))
        if rank < low:
            best, low = way, rank
    return best


def _flat(p: Poly) -> Tree:
    return plus(tuple(prod(c, _monomial(m)) for m, c in sorted(p.terms.items(), key=lambda x: Poly({x[0]: 1}).key)))
