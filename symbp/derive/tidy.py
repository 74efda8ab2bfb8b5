"""The factored form of a polynomial, as a person would write it.

Common factors stand in front, a sum divided by its size is a mean, short sums without a common factor are grouped, and
a fraction is taken apart where that is shorter.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from symbp.derive.parts import cofactor, without
from symbp.derive.pieces import pieces
from symbp.derive.rational import factors, in_every_term, monomial_content, over, quotient, rational_content
from symbp.derive.shapes import (
    LARGE,
    as_means,
    collect_abs,
    decimals,
    differences_of_squares,
    guarded,
    has_fractions,
    merge_sums,
    opaque,
    opaque_denominator,
)
from symbp.derive.slices import by_place
from symbp.derive.terms import Atom, Mono, Poly, add, of
from symbp.derive.tree import Tree, leaf, literal, plus, power, prod, tree

HORNER_TERMS = 6  # longer sums are grouped by one atom only, the first that comes
GROUPED, SKETCHED = 4, 2  # atoms to group by that are tried, and by a sketch


@cache
def tidy(p: Poly) -> Tree:
    """p, factored, in the shortest form that is known."""
    return _form(p, True)


@cache
def sketch(p: Poly) -> Tree:
    """p, factored, in the first form that comes: good enough to compare prices, and much faster."""
    return _form(p, False)


def _form(p: Poly, full: bool) -> Tree:
    if p.has("equal") and (slices := by_place(p)) is not None:
        return _at_places(slices, full)
    if p.has("positive"):
        return pieces(p, tidy if full else sketch, lambda m: _monomial(m, full))
    shapes = [collect_abs(merge_sums(p, inside=False))]
    if full and p.has("sum"):
        shapes.append(collect_abs(merge_sums(p, inside=True)))
    ways = [t for q in dict.fromkeys(shapes) for t in _ways(q, full)]
    return min(ways, key=lambda t: t.size)


def _at_places(slices: Mapping[Mono, Poly], full: bool) -> Tree:
    """Each place with its own form behind it."""
    form = tidy if full else sketch
    return plus(tuple(prod(1, (*_monomial(deltas, full), form(q))) for deltas, q in slices.items()))


def _ways(p: Poly, full: bool) -> list[Tree]:
    """p by sums or means, over one divisor or several."""
    p = guarded(p) if p.has("range", "divides") else p
    shapes = [p, *([] if (means := as_means(p)) is None else [means])]
    ways = [_factored(q, full) for q in shapes]
    if full and len(p.terms) > 1 and has_fractions(p):
        ways += [_apart(q) for q in shapes]
        ways += _partial_fractions(p)
    return ways


def _apart(p: Poly) -> Tree:
    """Divisors that not every term has stay with their terms: p - 1/J, not (J*p - 1)/J."""
    shared = in_every_term(p)
    content = Fraction(rational_content(p)).numerator
    rest = opaque(over(p, shared).scaled(Fraction(1, content)), lambda a, e: e < 0 and a.kind != "root")
    denominators = {Fraction(c).denominator for c in rest.terms.values()}
    if len(denominators) > 1 and max(denominators) < LARGE:
        rest = add(opaque_denominator(q) for q in rest.split())
    return prod(content, (*_monomial(shared, True), _factored(rest, True)))


def _partial_fractions(p: Poly) -> list[Tree]:
    """(a + b - t)/(a + b) as 1 - t/(a + b)."""
    content = monomial_content(p)
    numerator = over(p, content)
    out = []
    for g, e in content:
        if g.kind != "group" or e != -1 or g.polys[0].has("positive") or len(numerator.terms) < len(g.polys[0].terms):
            continue
        front = tuple(x for x in content if x[0] is not g)
        for whole in (*_whole_terms(numerator, g), *_whole_parts(numerator, g)):
            rest = numerator - whole * g.polys[0]
            inner = plus((_factored(whole, True), tidy(rest * of(g, -1))))
            out.append(prod(1, (*_monomial(front, True), inner)))
    return out


def _whole_terms(numerator: Poly, g: Atom) -> list[Poly]:
    """The term that, times g, takes the most terms from the numerator; in a short numerator all that take some."""
    first = min(g.polys[0].split(), key=lambda q: q.key)
    ((m, c),) = first.terms.items()
    found: list[tuple[int, Poly]] = []
    for term in numerator.split():
        whole = over(term, m).scaled(1 / Fraction(c))
        left = len((numerator - whole * g.polys[0]).terms)
        if left < len(numerator.terms) and not any(k < 0 for n in whole.terms for _, k in n):
            found.append((left, whole))
    if len(numerator.terms) <= HORNER_TERMS:
        return [whole for _, whole in found]
    return [min(found, key=lambda f: f[0])[1]] if found else []


def _whole_parts(numerator: Poly, g: Atom) -> list[Poly]:
    """The terms that hold some atom, over g, where g divides them."""
    for a in sorted(numerator.atoms(), key=lambda a: a.key):
        part = Poly({m: c for m, c in numerator.terms.items() if any(b is a for b, _ in m)})
        if 1 < len(part.terms) < len(numerator.terms):
            found = quotient(part, g.polys[0])
            if found is not None:
                return [found]
    return []


# -- factors ---------------------------------------------------------------------------------------------------------
@cache
def _factored(p: Poly, full: bool) -> Tree:
    """The product of irreducible factors, each grouped."""
    if not p.terms:
        return literal(0)
    c, m, parts = factors(opaque(p, lambda a, e: a.kind == "root"))
    c, joined = decimals(c, differences_of_squares(parts))
    return prod(c, (*_monomial(m, full), *(power(_grouped(q, full), e) for q, e in joined)))


def _monomial(m: Mono, full: bool) -> tuple[Tree, ...]:
    form = tidy if full else sketch
    out: list[Tree] = []
    for a, e in m:
        if a.kind == "group":
            out.append(power(form(a.polys[0]), e))
        elif a.kind == "opaque":
            ((inner, c),) = a.polys[0].terms.items()
            out.extend(_monomial(tuple((b, k * e) for b, k in inner), full))
            out.extend([] if c == 1 else [power(literal(Fraction(c).denominator), -1)])
        else:
            out.append(power(_atom(a, full), e))
    return tuple(out)


def _atom(a: Atom, full: bool) -> Tree:
    form = tidy if full else sketch
    if a.kind in ("sum", "merged", "mean"):
        return tree("mean" if a.kind == "mean" else "sum", (form(a.polys[0]),), None, a.bound)
    if a.kind in ("sign", "abs"):
        return tree("call", (form(a.polys[0]),), a.kind)
    if a.kind == "first":
        return tree("first", tuple(form(p) for p in a.polys), None, a.bound)
    return leaf(a)


@cache
def _grouped(p: Poly, full: bool) -> Tree:
    """s + y - s*y as s + y*(1 - s): for a short sum without common factor, the grouping with the fewest operations."""
    p = collect_abs(p)
    best = _flat(p, full)
    low = (best.size, len(p.terms), True)
    if len(p.terms) < 3:
        return best
    for v in _inner(p, full):
        q = cofactor(p, v)
        if len(q.terms) < 2 or any(e != 1 for m in p.terms for a, e in m if a is v):
            continue
        rest = without(p, v)
        inner = prod(1, (*_monomial(((v, 1),), full), _factored(q, full)))
        front = _factored(rest, full) if rest.terms else None
        way = inner if front is None else plus((*(front.args if front.op == "add" else (front,)), inner))
        rank = (way.size, len(rest.terms), all(m for m in q.terms))
        if rank < low:
            best, low = way, rank
    return best


def _inner(p: Poly, full: bool) -> list[Atom]:
    """The atoms to group by: those that most terms have, of equals the first by name."""
    found = sorted(p.atoms(), key=lambda a: (-len(cofactor(p, a).terms), a.key))
    if len(p.terms) > HORNER_TERMS:
        return [a for a in found if all(e == 1 for m in p.terms for b, e in m if b is a)][:1]
    return sorted(found[: GROUPED if full else SKETCHED], key=lambda a: a.key)


def _flat(p: Poly, full: bool) -> Tree:
    ordered = sorted(p.terms.items(), key=lambda x: Poly({x[0]: 1}).key)
    return plus(tuple(prod(c, _monomial(m, full)) for m, c in ordered))
