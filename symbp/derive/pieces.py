"""Forms with conditions, as a person would write them: where, max, min, clip, sign, |u|, [|u| > k].

Each function takes `form`, which writes a polynomial without the conditions that are dealt with here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction

from symbp.derive.conditions import assume, sign
from symbp.derive.parts import cofactor, is_constant, ratio, without
from symbp.derive.ranges import never_negative
from symbp.derive.rational import in_every_term, monomial_content, over, rational_content
from symbp.derive.safety import divisors
from symbp.derive.terms import Atom, Mono, Poly, atom, of
from symbp.derive.tree import Tree, literal, plus, prod, tree

MANY = 3  # conditions: with more, they are decided in the order of their names

Form = Callable[[Poly], Tree]
Monomial = Callable[[Mono], tuple[Tree, ...]]


def conditions(p: Poly) -> list[Atom]:
    return sorted((a for a in p.atoms() if a.kind == "positive"), key=lambda a: a.key)


def joined(p: Poly) -> Poly | None:
    """p with two of its conditions joined: [u > 0] - [-u > 0] is sign(u), [u > k] + [-u > k] is [|u| > k]."""
    for c, d in itertools.combinations(conditions(p), 2):
        u, v = c.polys[0], d.polys[0]
        up, down, rest = cofactor(p, c), cofactor(p, d), without(without(p, c), d)
        if any(a in (c, d) for q in (up, down) for a in q.atoms()):
            continue
        if u == -v and up == -down:
            return rest + up * sign(u)
        limit = (u + v).scaled(Fraction(-1, 2))
        if up == down and limit.terms and is_constant(limit) and never_negative(limit):
            w = _oriented(u + limit)
            return rest + up * of(atom("positive", (), (w * sign(w) - limit,)))
    return None


def _oriented(u: Poly) -> Poly:
    return -u if all(c < 0 for c in u.terms.values()) else u


def pieces(p: Poly, form: Form, monomial: Monomial) -> Tree:
    """The shortest form of p, which has conditions."""
    again = joined(p)
    if again is not None:
        return form(again)
    for c in conditions(p):
        if not without(p, c).terms and divisors(p):  # 0 times 1/0 is not 0
            return tree("where", (tree("positive", (form(c.polys[0]),)), form(assume(p, c, True)), literal(0)))
    ways = []
    for m in _contents(p):
        rest = over(p, m)
        if not rest.terms:  # its conditions exclude each other
            return literal(0)
        for k in sorted({Fraction(1), Fraction(rational_content(rest))}):
            inner = _decided(rest.scaled(1 / k), form)
            ways.append(prod(k, (*monomial(m), inner)))
    return min(ways, key=lambda t: t.size)


def _contents(p: Poly) -> list[Mono]:
    """What may stand in front: the common monomial, and its part that no condition speaks of."""
    m = monomial_content(p)
    spoken = {a for c in conditions(p) for a in c.polys[0].atoms()}
    less = tuple(x for x in m if x[0] not in spoken)
    shared = tuple(x for x in in_every_term(p) if x[0].kind != "positive")
    return list(dict.fromkeys((m, less, shared)))


def _decided(p: Poly, form: Form) -> Tree:
    if not any(a.kind == "positive" for a in p.atoms()):
        return form(p)
    ways = []
    found = conditions(p)
    for c in found if len(found) <= MANY else found[:1]:
        yes, no = assume(p, c, True), assume(p, c, False)
        ways += [form(yes)] if yes == no else _choices(c, yes, no, form)
        part = _in_part(p, c, form)
        ways += [part] if part is not None else []
    return min(ways, key=lambda t: t.size)


def _in_part(p: Poly, c: Atom, form: Form) -> Tree | None:
    """a + b*[c] or a + b*[not c], where nothing of a cancels against b: nothing large is added and taken away."""
    yes, no = assume(p, c, True), assume(p, c, False)
    if _apart(a := without(p, c), b := cofactor(p, c)):
        inner = form(b * of(c))
    elif _apart(a := yes, b := no - yes):
        inner = prod(1, (tree("positive_not", (form(c.polys[0]),)), form(b)))
    else:
        return None
    return plus((*(form(a).args if form(a).op == "add" else (form(a),)), inner))


def _apart(a: Poly, b: Poly) -> bool:
    """Both are there, and nothing of one cancels against the other."""
    return bool(a.terms and b.terms) and len((a + b).terms) == len(a.terms) + len(b.terms)


def _choices(c: Atom, yes: Poly, no: Poly, form: Form) -> list[Tree]:
    """The ways to write: yes where the condition holds, else no."""
    u = c.polys[0]
    ways = [_where(c, yes, no, form)]
    above, below = ratio(yes, u), ratio(no, u)
    if above is not None and not no.terms:
        ways.append(prod(1, (form(above), tree("call", (literal(0), form(u)), "max"))))
    if below is not None and not yes.terms:
        ways.append(prod(1, (form(below), tree("call", (form(u), literal(0)), "min"))))
    half, rest = (yes - no).scaled(Fraction(1, 2)), (yes + no).scaled(Fraction(1, 2))
    scale = ratio(half, u)
    if scale is not None and not any(a.kind == "positive" for a in scale.atoms()) and not _divides(scale, u):
        w = _oriented(u)
        ways.append(form(rest + scale * w * sign(w)))
    clipped = _clip_by_abs(c, yes, no, form) or _clip_of_two(c, yes, no, form)
    return ways if clipped is None else [*ways, clipped]


def _divides(scale: Poly, u: Poly) -> bool:
    inner = set(u.atoms())
    return any(e < 0 and a in inner for m in scale.terms for a, e in m)


def _where(c: Atom, yes: Poly, no: Poly, form: Form) -> Tree:
    condition = tree("positive", (form(c.polys[0]),))
    a, b = form(yes), form(no)
    if not no.terms:
        return prod(1, (condition, a))
    if not yes.terms:
        return prod(1, (tree("positive_not", (form(c.polys[0]),)), b))
    common = [t for t in _factors(a) if t in _factors(b) and t.op != "number"]
    return prod(1, (*common, tree("where", (condition, _less(a, common), _less(b, common)))))


def _factors(t: Tree) -> tuple[Tree, ...]:
    return t.args if t.op == "mul" else (t,)


def _less(t: Tree, common: list[Tree]) -> Tree:
    return prod(1, tuple(f for f in _factors(t) if f not in common))


def _clip(scale: Poly, low: Poly, u: Poly, high: Poly, form: Form) -> Tree:
    if all(c < 0 for c in u.terms.values()):
        scale, low, u, high = -scale, -high, -u, -low
    return prod(1, (form(scale), tree("call", (form(low), form(u), form(high)), "clip")))


def _clip_by_abs(c: Atom, yes: Poly, no: Poly, form: Form) -> Tree | None:
    """where(|u| > k, k*sign(u), u) is u clipped to -k .. k."""
    signs = [a for a in c.polys[0].atoms() if a.kind == "sign"]
    if len(signs) != 1:
        return None
    u, s = signs[0].polys[0], of(signs[0])
    for limit, inner, outer in ((u * s - c.polys[0], no, yes), (u * s + c.polys[0], yes, no)):
        scale = ratio(inner, u)
        if is_constant(limit) and scale is not None and outer == scale * limit * s:
            return _clip(scale, -limit, u, limit, form)
    return None


def _clip_of_two(c: Atom, yes: Poly, no: Poly, form: Form) -> Tree | None:
    """where(u > high, high, where(u < low, low, u)) is u clipped to low .. high; so are multiples of it."""
    for d in conditions(no):
        u = Poly({m: k for m, k in c.polys[0].terms.items() if any(a.free or a.kind == "value" for a, _ in m)})
        high, low = u - c.polys[0], d.polys[0] + u
        if not is_constant(high) or not is_constant(low):
            continue
        below, between = assume(no, d, True), assume(no, d, False)
        scale = ratio(between, u)
        if scale is not None and yes == scale * high and below == scale * low:
            return _clip(scale, low, u, high, form)
    return None
