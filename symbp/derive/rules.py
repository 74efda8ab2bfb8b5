"""Rewriting rules that the forward equations themselves give: nobody states a fold.

Every equation, solved for every name for which it reads a + b*r**k = 0, is a rule r**k -> -a/b; a kernel with a
rational inverse gives one for its argument.  A condition in an equation gives rules for each of its branches.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from symbp.derive.calculus import ARGUMENT, RESULT, inverted
from symbp.derive.conditions import assume
from symbp.derive.ranges import Extents, inside
from symbp.derive.rational import expanded, inverse, normal
from symbp.derive.system import Definition, System
from symbp.derive.terms import INDICATORS, Atom, Poly, UndefinedError, add, atom, of
from symbp.derive.traverse import fill, names_in, rewrite, values


@dataclass(frozen=True)
class Rule:
    """target**power -> replacement, at all indices; `branch` is a condition under which alone it holds."""

    target: Atom
    power: int
    replacement: Poly
    definition: Definition
    branch: tuple[Atom, bool] | None = None


def rules_of(system: System, definitions: list[Definition]) -> list[Rule]:
    out: list[Rule] = []
    for q in definitions:
        out += _kernel_rules(system, q) if q.kernel is not None else _rational_rules(q)
    return [r for r in dict.fromkeys(out) if r.replacement != of(r.target) and not _cancels(r, system)]


def _cancels(rule: Rule, system: System) -> bool:
    """Would a kernel be computed as a difference of values?  sigmoid(x) as y - x loses all digits for large x."""
    hidden = system.hidden.get(rule.target.name)
    if hidden is None or hidden.kernel is None or rule.power != 1:
        return False
    read = [c > 0 for m, c in rule.replacement.terms.items() if any(a.kind == "value" for a, _ in m)]
    return any(read) and not all(read)


def covers(r: Atom, need: frozenset[Atom]) -> bool:
    """Are the indices of r plain, distinct, and all that the replacement needs?"""
    plain = [p.single for p in r.polys]
    if any(i is None or i.kind != "index" for i in plain):
        return False
    return len(set(plain)) == len(plain) and need <= frozenset(i for i in plain if i is not None)


def _kernel_rules(system: System, q: Definition) -> Iterator[Rule]:
    """y = f(w): w = the inverse of f at y, solved for each name that w is linear in."""
    assert q.kernel is not None
    argument, function = q.kernel.polys[0], q.kernel.name
    if not function.startswith("pow:") and not any(r.name in system.hidden for r in values(argument)):
        return  # it would bring back what the forward pass was given
    back = inverted(function)
    if back is None:
        return
    before = len(system.definitions)
    w = fill(back, {RESULT: of(q.lhs), ARGUMENT: argument}, system.name)
    made = system.definitions[before:]
    gap = argument - w
    yield from _solutions(gap, q, None)
    for new in made:  # exp(y) is a value by itself, with the relation exp(y) = w
        yield from _solutions(of(new.lhs) - normal(argument - (w - of(new.lhs))), q, None)


def _rational_rules(q: Definition) -> Iterator[Rule]:
    if q.bound:
        return
    conditions = sorted((a for a in q.rhs.atoms() if a.kind == "positive"), key=lambda a: a.key)
    if not conditions:
        yield from _solutions(of(q.lhs) - q.rhs, q, None)
    for c, holds in itertools.product(conditions, (True, False)):
        yield from _solutions(of(q.lhs) - assume(q.rhs, c, holds), q, (c, holds))


def _solutions(gap: Poly, q: Definition, branch: tuple[Atom, bool] | None) -> Iterator[Rule]:
    """gap = 0 solved for each value r that it reads only as a + b*r**k."""
    numerator = without_denominators(normal(gap))
    if any(a.kind in ("sign", "positive") for a in numerator.atoms()):
        return
    for r in values(numerator):
        powers: dict[int, list[Poly]] = {}
        for m, c in numerator.terms.items():
            e = dict(m).get(r, 0)
            powers.setdefault(e, []).append(Poly({tuple(x for x in m if x[0] is not r): c}))
        low = min(powers)
        exponents = sorted(e - low for e in powers)
        if len(exponents) != 2 or r.name in names_in(add(itertools.chain(*powers.values()))):
            continue
        k = exponents[1]
        a, b = add(powers[low]), add(powers[low + k])
        if b.has(*INDICATORS):
            continue  # it may be 0
        try:
            solved = normal(-a * inverse(b))
        except UndefinedError:
            continue
        if covers(r, solved.free | q.lhs.free & gap.free):
            yield Rule(r, k, solved, q, branch)


def without_denominators(p: Poly) -> Poly:
    """p times its denominators."""
    lowest: dict[Atom, int] = {}
    for m in p.terms:
        for a, e in m:
            if e < 0:
                lowest[a] = min(lowest.get(a, 0), e)
    if not lowest:
        return p
    above = tuple(sorted(((a, -e) for a, e in lowest.items()), key=lambda x: x[0].key))
    return without_denominators(expanded(p * Poly({above: 1})))


def apply(rule: Rule, e: Poly, system: System) -> Poly | None:
    """The rule at every place where it holds; None where it holds nowhere or would divide by a condition."""
    target = rule.target
    if rule.power > 1 and not _powers_fit(e, rule):
        return None

    def change(z: Atom) -> Poly | None:
        if z.name != target.name or not _same_axes(z, target, system.calculus.extents):
            return None
        where = {i: at for p, at in zip(target.polys, z.polys, strict=True) for i in p.free}
        return system.calculus.substitute(rule.replacement, where)

    names = frozenset((target.name,))
    try:
        if rule.power == 1:
            return rewrite(e, change, system.calculus, names)
        return _powered(e, rule, change, system)
    except UndefinedError:
        return None


def _same_axes(z: Atom, target: Atom, extents: Extents) -> bool:
    """A shifted read, such as h[n,t-1,k], may be out of range: its definition does not hold there."""
    for at, own in zip(z.polys, target.polys, strict=True):
        i, j = at.single, own.single
        if i is None or j is None or not (i.size == j.size if i.kind == "index" else inside(at, j.size, extents)):
            return False
    return True


def _powers_fit(e: Poly, rule: Rule) -> bool:
    for p in _levels(e):
        for m in p.terms:
            for a, k in m:
                if a.kind == "value" and a.name == rule.target.name and k % rule.power:
                    return False
    return True


def _levels(p: Poly) -> Iterator[Poly]:
    yield p
    for a in p.atoms():
        if a.kind in ("sum", "group"):
            yield from _levels(a.polys[0])


def _powered(e: Poly, rule: Rule, change: Callable[[Atom], Poly | None], system: System) -> Poly:
    """Each r**(k*m): first r stands for r**k, then it is replaced."""
    divided = _divide_exponents(e, rule, system)
    return rewrite(divided, change, system.calculus, frozenset((rule.target.name,)))


def _divide_exponents(e: Poly, rule: Rule, system: System) -> Poly:
    """Every exponent of the target divided by the rule's power, so that the target stands for its power."""
    out = {}
    for m, c in e.terms.items():
        done = []
        for a, k in m:
            if a.kind == "value" and a.name == rule.target.name:
                done.append((a, k // rule.power))
            elif a.kind in ("sum", "group") and rule.target.name in a.names:
                inner = _divide_exponents(a.polys[0], rule, system)
                done.append((atom(a.kind, a.data, (inner,), a.bound), k))
            else:
                done.append((a, k))
        out[tuple(sorted(done, key=lambda x: x[0].key))] = c
    return Poly(out)
