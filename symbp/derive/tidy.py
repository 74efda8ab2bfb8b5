"""The factored form of a polynomial, as a person would write it.

Sums over the same indices are merged, common factors stand in front, a sum divided by its size is a mean, a condition
chooses between two forms, sign, abs and clip are recognised, and short sums without a common factor are grouped.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import lru_cache

from symbp.derive.conditions import assume, sign
from symbp.derive.rational import factors, monomial_content, over, primitive, rational_content
from symbp.derive.terms import Atom, Coeff, Mono, Poly, add, atom, of, product
from symbp.derive.tree import Tree, leaf, literal, plus, power, prod, tree

HORNER_TERMS = 6  # longer sums are left as they are


@lru_cache(maxsize=None)
def tidy(p: Poly) -> Tree:
    """p, factored."""
    conditions = sorted((a for a in p.atoms() if a.kind == "positive"), key=lambda a: a.key)
    if not conditions:
        return _smooth(p)
    signed = _as_sign(p, conditions)
    if signed is not None:
        return tidy(signed)
    m = monomial_content(p)
    if m:
        return prod(1, (*_monomial(m), tidy(over(p, m))))
    k = rational_content(p)
    if k != 1:
        return prod(k, (tidy(p.scaled(1 / Fraction(k))),))
    c = _outermost(conditions)
    yes, no = assume(p, c, True), assume(p, c, False)
    return tidy(yes) if yes == no else _choice(c, yes, no)


def _outermost(conditions: list[Atom]) -> Atom:
    """The condition that decides most of the others; of equals, the first by name."""
    return conditions[0]


def _as_sign(p: Poly, conditions: list[Atom]) -> Poly | None:
    """[u > 0] - [-u > 0] is sign(u)."""
    for c, d in itertools.combinations(conditions, 2):
        if c.polys[0] == -d.polys[0]:
            up, down = _cofactor(p, c), _cofactor(p, d)
            if up == -down:
                rest = add((p, -(up * (of(c) - of(d)))))
                if not any(a in (c, d) for q in (up, rest) for a in q.atoms()):
                    return rest + up * sign(c.polys[0])
    return None


def _cofactor(p: Poly, a: Atom) -> Poly:
    return Poly({tuple(x for x in m if x[0] is not a): c for m, c in p.terms.items() if any(x[0] is a for x in m)})


def _choice(c: Atom, yes: Poly, no: Poly) -> Tree:
    """yes where the condition holds, else no, in the shortest of the forms that a person would write."""
    u = c.polys[0]
    ways = [_where(c, yes, no)]
    scale = _ratio(yes, u)
    if scale is not None and not no.terms:
        ways.append(prod(1, (tidy(scale), tree("call", (literal(0), tidy(u)), "max"))))
    scale = _ratio(no, u)
    if scale is not None and not yes.terms:
        ways.append(prod(1, (tidy(scale), tree("call", (tidy(u), literal(0)), "min"))))
    half, rest = (yes - no).scaled(Fraction(1, 2)), (yes + no).scaled(Fraction(1, 2))
    scale = _ratio(half, u)
    if scale is not None and not any(a.kind == "positive" for a in scale.atoms()):
        ways.append(tidy(rest + scale * u * sign(u)))
    clipped = _clip(c, yes, no) or _clip_of_two(c, yes, no)
    return min([*ways, *([clipped] if clipped is not None else [])], key=lambda t: t.size)


def _where(c: Atom, yes: Poly, no: Poly) -> Tree:
    condition = tree("positive", (tidy(c.polys[0]),))
    if not no.terms:
        return prod(1, (condition, tidy(yes)))
    if not yes.terms:
        return prod(1, (tree("positive_not", (tidy(c.polys[0]),)), tidy(no)))
    a, b = tidy(yes), tidy(no)
    common = [t for t in _factors(a) if t in _factors(b) and t.op != "number"]
    return prod(1, (*common, tree("where", (condition, _less(a, common), _less(b, common)))))


def _clip_of_two(c: Atom, yes: Poly, no: Poly) -> Tree | None:
    """where(u > high, high, where(u < low, low, u)) is u clipped to low .. high; so are multiples of it."""
    for d in (a for a in no.atoms() if a.kind == "positive"):
        u = Poly({m: k for m, k in c.polys[0].terms.items() if any(a.free or a.kind == "value" for a, _ in m)})
        high, low = u - c.polys[0], d.polys[0] + u
        if any(a.free or a.kind == "value" for p in (low, high) for a in p.atoms()):
            continue
        below, between = assume(no, d, True), assume(no, d, False)
        scale = _ratio(between, u)
        if scale is not None and yes == scale * high and below == scale * low:
            return prod(1, (tidy(scale), tree("call", (tidy(low), tidy(u), tidy(high)), "clip")))
        if scale is not None and yes == scale * low and below == scale * high and high == -low:
            continue
    return None


def _factors(t: Tree) -> tuple[Tree, ...]:
    return t.args if t.op == "mul" else (t,)


def _less(t: Tree, common: list[Tree]) -> Tree:
    return prod(1, tuple(f for f in _factors(t) if f not in common))


def _clip(c: Atom, yes: Poly, no: Poly) -> Tree | None:
    """where(|u| > k, k*sign(u), u) is u clipped to -k .. k."""
    signs = [a for a in c.polys[0].atoms() if a.kind == "sign"]
    if len(signs) != 1:
        return None
    u, s = signs[0].polys[0], of(signs[0])
    for limit, inner, outer in ((u * s - c.polys[0], no, yes), (u * s + c.polys[0], yes, no)):
        if limit.free or any(a.kind not in ("scalar", "root") for a in limit.atoms()):
            continue
        scale = _ratio(inner, u)
        if scale is not None and outer == scale * limit * s:
            return prod(1, (tidy(scale), tree("call", (tidy(-limit), tidy(u), tidy(limit)), "clip")))
    return None


def _ratio(p: Poly, u: Poly) -> Poly | None:
    """p / u where it is a monomial."""
    if not p.terms:
        return None
    (c, m, q), (d, n, r) = primitive(p), primitive(u)
    return over(Poly({m: c}), n).scaled(1 / Fraction(d)) if q == r else None


# -- without conditions ----------------------------------------------------------------------------------------------
def _smooth(p: Poly) -> Tree:
    p = _merge_sums(p)
    p = _collect_abs(p)
    whole = _factored(p)
    means = {a: product(i.size for i in a.bound) for a in p.atoms() if a.kind in ("sum", "merged")}
    if not means:
        return whole
    sizes = _as_means(p, means)
    by_means = _factored(sizes) if sizes is not None else whole
    return by_means if by_means.size < whole.size else whole


def _as_means(p: Poly, means: dict[Atom, Poly]) -> Poly | None:
    """Every sum written as its size times a mean."""
    out = []
    for m, c in p.terms.items():
        term = Poly({tuple(x for x in m if x[0] not in means): c})
        for a, e in m:
            if a in means:
                if e < 0:
                    return None
                term = term * (means[a] * of(atom("mean", (), a.polys, a.bound))) ** e
        out.append(term)
    return add(out)


def _merge_sums(p: Poly) -> Poly:
    """Sums over the same indices with the same factor in front become one."""
    groups: dict[tuple[Mono, tuple[Atom, ...]], list[Poly]] = {}
    rest: list[Poly] = []
    for m, c in p.terms.items():
        sums = [(a, e) for a, e in m if a.kind == "sum"]
        if len(sums) == 1 and sums[0][1] == 1:
            outer = tuple(x for x in m if x[0] is not sums[0][0])
            groups.setdefault((outer, sums[0][0].bound), []).append(sums[0][0].polys[0].scaled(c))
        else:
            rest.append(Poly({m: c}))
    for (outer, bound), bodies in groups.items():
        body = add(bodies)
        if len(bodies) == 1:
            ((m, c),) = body.terms.items()
            rest.append(Poly({outer: c}) * of(atom("sum", (), (Poly({m: 1}),), bound)))
        else:
            c, _, body = primitive_number(body)
            rest.append(Poly({outer: c}) * of(atom("merged", (), (body,), bound)))
    return add(rest)


def primitive_number(p: Poly) -> tuple[Coeff, Mono, Poly]:
    """The numeric content alone: what depends on the indices of a sum stays in it."""
    c, _, _ = primitive(p)
    return c, (), p.scaled(1 / Fraction(c))


def _collect_abs(p: Poly) -> Poly:
    """u*sign(u) is |u|."""
    for s in sorted((a for a in p.atoms() if a.kind == "sign"), key=lambda a: a.key):
        q = _cofactor(p, s)
        scale = _ratio(q, s.polys[0])
        if scale is not None and not _divides_by(scale, s.polys[0]) and all((s, 1) in m for m in p.terms if any(x[0] is s for x in m)):
            rest = Poly({m: c for m, c in p.terms.items() if (s, 1) not in m})
            p = rest + scale * of(atom("abs", (), s.polys))
    return p


def _divides_by(scale: Poly, u: Poly) -> bool:
    return any(e < 0 and a in set(u.atoms()) for m in scale.terms for a, e in m)


def _factored(p: Poly) -> Tree:
    """The product of irreducible factors, each grouped."""
    if not p.terms:
        return literal(0)
    c, m, parts = factors(_opaque_roots(p))
    joined = _differences_of_squares(parts)
    bases = [power(_grouped(q), e) for q, e in joined]
    return prod(c, (*_monomial(m), *bases))


def _opaque_roots(p: Poly) -> Poly:
    """The irrational constant of each term as one atom, lest a common denominator be made of it."""
    if not p.has("root"):
        return p
    out = []
    for m, c in p.terms.items():
        roots = tuple(x for x in m if x[0].kind == "root")
        term = Poly({tuple(x for x in m if x[0].kind != "root"): c})
        out.append(term * of(atom("irrational", (), (Poly({roots: 1}),))) if roots else term)
    return add(out)


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
    out = []
    for a, e in m:
        if a.kind == "group":
            out.append(power(tidy(a.polys[0]), e))
        elif a.kind == "irrational":
            ((roots, _),) = a.polys[0].terms.items()
            out.extend(power(leaf(r), k * e) for r, k in roots)
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


@lru_cache(maxsize=None)
def _grouped(p: Poly) -> Tree:
    """s + y - s*y as s + y*(1 - s): for a short sum without common factor, the grouping with the fewest operations."""
    p = _collect_abs(p)
    best = _flat(p)
    if not 3 <= len(p.terms) <= HORNER_TERMS:
        return best
    for v in sorted(p.atoms(), key=lambda a: a.key):
        q = _cofactor(p, v)
        if len(q.terms) < 2 or any(e != 1 for m in p.terms for a, e in m if a is v) or v.special:
            continue
        rest = p - q * of(v)
        inner = prod(1, (*_monomial(((v, 1),)), _factored(q)))
        way = plus((*_addends(_factored(rest)), inner)) if rest.terms else inner
        if (way.size, len(rest.terms)) < (best.size, len(p.terms)):
            best = way
    return best


def _addends(t: Tree) -> tuple[Tree, ...]:
    return t.args if t.op == "add" else (t,)


def _flat(p: Poly) -> Tree:
    return plus(tuple(prod(c, _monomial(m)) for m, c in sorted(p.terms.items(), key=lambda x: Poly({x[0]: 1}).key)))
