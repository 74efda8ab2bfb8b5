"""Indices: substitution that captures nothing, canonical names of bound indices, sums with their deltas contracted.

Every sum here is normal: its body is one term, deltas against it are eliminated exactly (substitution, divisibility and
range), what does not depend on it stands outside, and its bound indices have canonical names.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache

from symbp.derive.radix import digit, joined
from symbp.derive.ranges import Extents, inside
from symbp.derive.terms import ONE, ZERO, Atom, Mono, Poly, add, atom, index, of, product, reduced

Renaming = Mapping[Atom, Poly]


def apart(bound: Sequence[Atom], taken: frozenset[Atom]) -> dict[Atom, Atom]:
    """Names for bound indices that nothing in `taken` has.

    They never leave a canonical form; they are the same each time, so that what was computed once is found again."""
    used = {i.name for i in taken}
    free = (name for k in itertools.count() if (name := f"~{k}") not in used)
    return {i: index(next(free), i.size) for i in bound}


class Indices:
    """Index calculus under what is known of the sizes."""

    def __init__(self, extents: Extents) -> None:
        self.extents = extents
        self._swapped: dict[tuple[Atom, frozenset[tuple[Atom, Poly]]], Poly] = {}

    def substitute(self, p: Poly, m: Renaming) -> Poly:
        """p with its free indices replaced; bound ones are renamed on the way."""
        m = {i: at for i, at in m.items() if at.single is not i}
        if not p.free & m.keys():
            return p
        out = []
        for mono, c in p.terms.items():
            stays: Mono = tuple(x for x in mono if not x[0].free & m.keys())
            term = Poly({stays: c})
            for a, e in mono:
                if a.free & m.keys():
                    term = _raise(term, self.swap(a, m), e)
            out.append(term)
        return unquoted(add(out))

    def swap(self, a: Atom, m: Renaming) -> Poly:
        """The atom with its free indices replaced."""
        if a.kind == "index":
            return m[a]
        here = frozenset((i, at) for i, at in m.items() if i in a.free)
        found = self._swapped.get((a, here))
        if found is None:
            found = self._swapped[a, here] = self._swap(a, dict(here))
        return found

    def _swap(self, a: Atom, m: Renaming) -> Poly:
        if not a.bound:
            return remade(a, tuple(self.substitute(p, m) for p in a.polys), self.extents)
        new = apart(a.bound, a.free.union(*(at.free for at in m.values())))
        body = self.substitute(a.polys[0], {**m, **{i: of(j) for i, j in new.items()}})
        rest = tuple(self.substitute(p, m) for p in a.polys[1:])
        return self.bind(a.kind, body, tuple(new.values()), rest)

    def opened(self, a: Atom) -> tuple[Poly, tuple[Atom, ...]]:
        """The body of a sum, its bound indices under names that nothing in it has, and those names."""
        new = apart(a.bound, a.free)
        return self.substitute(a.polys[0], {i: of(j) for i, j in new.items()}), tuple(new.values())

    def bind(self, kind: str, body: Poly, bound: Sequence[Atom], rest: tuple[Poly, ...] = ()) -> Poly:
        """A sum, maximum or first maximum over `bound`."""
        if kind == "sum":
            return self.total(body, bound)
        return of(self.canonical(kind, body, tuple(bound), rest))

    def total(self, body: Poly, bound: Sequence[Atom]) -> Poly:
        """sum[bound](body), normal."""
        if not bound:
            return body
        return add(self._contract(term, list(bound)) for term in body.split())

    def _contract(self, term: Poly, left: list[Atom]) -> Poly:
        """One summed term: deltas first, then what does not depend on the sum moves out."""
        term = _with_places(term)
        while len(term.terms) == 1:
            way = self._way(term, left)
            if way is None:
                break
            used, at, conditions = way
            left = [i for i in left if i not in at]
            term = self.substitute(_without(term, used), at) * conditions
            if len(term.terms) != 1:
                return self.total(term, left)
        return self._pull(term, left)

    def _pull(self, term: Poly, bound: list[Atom]) -> Poly:
        ((mono, c),) = term.terms.items()
        over = set(bound)
        inner: Mono = tuple(x for x in mono if x[0].free & over)
        outer: Mono = tuple(x for x in mono if not x[0].free & over)
        used = frozenset().union(*(a.free for a, _ in inner))
        out = Poly({outer: c}) * product(i.size for i in bound if i not in used)
        kept = tuple(i for i in bound if i in used)
        return out * of(self.canonical("sum", Poly({inner: 1}), kept, ())) if kept else out

    def _way(self, term: Poly, bound: list[Atom]) -> tuple[Atom, dict[Atom, Poly], Poly] | None:
        """The delta to eliminate, the indices that it fixes, and what must hold for them to have a value.

        Plain renamings come first, then places in a row of rows, then what no window needs.
        """
        ((mono, _),) = term.terms.items()
        windows = [a for a, _ in mono if a.kind == "first"]
        ways = []
        for d, _ in mono:
            for i in bound if d.kind == "equal" else ():
                v = solved(d.polys[0], i)
                if v is not None:
                    target = v.single
                    plain = target is not None and target.kind == "index" and target.size == i.size
                    window = any(i in w.polys[0].free for w in windows)
                    ways.append(((not plain, window, bound.index(i), d.key), d, i, v))
        ways.sort(key=lambda w: w[0])
        if not ways or ways[0][0][0]:
            for a in (a for a, _ in mono if a.kind == "equal"):
                found = digit(a.polys[0], bound)
                if found is not None:
                    return a, {found.index: found.value}, delta(found.above)
        return next(((d, {i: v}, self._guards(v, i.size)) for _, d, i, v in ways), None)

    def _guards(self, v: Poly, size: Poly) -> Poly:
        """What must hold for the eliminated index to have a value: in range, and divisible."""
        one = v.single
        out = ONE
        if one is not None and one.kind == "quotient":
            out = out * of(atom("divides", (), (one.polys[1], one.polys[0])))
        return out if inside(v, size, self.extents) else out * of(atom("range", (), (v, size)))

    def canonical(self, kind: str, body: Poly, bound: tuple[Atom, ...], rest: tuple[Poly, ...]) -> Atom:
        """The atom with canonical names for its bound indices: by height and size, the smallest text of all orders."""
        return _canonical(self, kind, body, bound, rest)


@cache
def _canonical(calculus: Indices, kind: str, body: Poly, bound: tuple[Atom, ...], rest: tuple[Poly, ...]) -> Atom:
    level = body.height
    taken = {i.name for i in body.free - set(bound)}
    while any(name.startswith(f"%{level}") for name in taken):  # what is free keeps its name
        level += 1
    made = (
        atom(kind, (), (calculus.substitute(body, {i: of(n) for i, n in order}), *rest), tuple(n for _, n in order))
        for order in _orders(kind, bound, level)
    )
    return min(made, key=lambda a: a.key)


def _orders(kind: str, bound: tuple[Atom, ...], level: int) -> Iterator[list[tuple[Atom, Atom]]]:
    """The indices with canonical names: those of one size in every order.  A maximum is found in its own order."""
    if kind != "sum":
        yield [(i, index(f"%{level}.{k}", i.size)) for k, i in enumerate(bound)]
        return
    groups: dict[str, list[Atom]] = {}
    for i in bound:
        groups.setdefault(i.size.key, []).append(i)
    for order in itertools.product(*(itertools.permutations(groups[s]) for s in sorted(groups))):
        yield [(i, index(f"%{level}{'_' * k}", i.size)) for g in order for k, i in enumerate(g)]


def _raise(term: Poly, p: Poly, e: int) -> Poly:
    """term * p**e for a p that stands for an atom."""
    if e >= 0:
        return term * p**e
    ((m, c),) = p.terms.items()
    return term * Poly({tuple((a, k * e) for a, k in m): reduced(Fraction(c) ** e)})


def remade(a: Atom, polys: tuple[Poly, ...], extents: Extents) -> Poly:
    """The atom over other arguments; a condition that is now known has its value."""
    if a.kind == "equal":
        return delta(polys[0])
    if a.kind == "range" and inside(polys[0], polys[1], extents):
        return ONE
    return of(atom(a.kind, a.data, polys))


def _without(term: Poly, a: Atom) -> Poly:
    """One term without its factor a."""
    ((mono, c),) = term.terms.items()
    return Poly({tuple(x for x in mono if x[0] is not a): c})


def _with_places(term: Poly) -> Poly:
    """A term in which two deltas that fix quotient and remainder are one that fixes the place."""
    ((mono, _),) = term.terms.items()
    found = joined([a for a, _ in mono if a.kind == "equal"])
    if found is None:
        return term
    first, second, place = found
    made = _without(_without(term, first), second) * delta(place)
    return _with_places(made) if len(made.terms) == 1 else made


def delta(p: Poly) -> Poly:
    """[p == 0] of integers, with one sign for p and -p."""
    n = p.number
    if n is not None:
        return ONE if n == 0 else ZERO
    first = min(p.terms, key=lambda m: (not any(a.kind == "value" for a, _ in m), not m, [a.key for a, _ in m]))
    return of(atom("equal", (), (-p if p.terms[first] < 0 else p,)))


def coefficient(p: Poly, a: Atom) -> Poly:
    """The factor of a in p, where p is linear in a."""
    return Poly({tuple(x for x in m if x[0] is not a): c for m, c in p.terms.items() if (a, 1) in m})


def solved(p: Poly, i: Atom) -> Poly | None:
    """The i for which p = 0, where p is linear in i with a coefficient that is a number or a constant."""
    slope = coefficient(p, i)
    if len(slope.terms) != 1 or slope.free or any(a.kind == "value" for a in slope.atoms()):
        return None
    rest = Poly({m: c for m, c in p.terms.items() if (i, 1) not in m})
    if i in rest.free:
        return None
    (c,) = slope.terms.values()
    if c < 0:
        slope = -slope
    else:
        rest = -rest
    return rest if slope == ONE else unquoted(of(atom("quotient", (), (rest, slope))))


def unquoted(p: Poly) -> Poly:
    """s * (e / s) = e, exact, because the condition that s divides e stands beside it."""
    out = []
    for m, c in p.terms.items():
        replaced = None
        for a, e in m:
            if a.kind == "quotient" and e == 1:
                ((dm, dc),) = a.polys[1].terms.items()
                rest = dict(x for x in m if x[0] is not a)
                if all(rest.get(x, 0) >= k for x, k in dm) and reduced(c).denominator == 1 and c % dc == 0:
                    for x, k in dm:
                        rest[x] -= k
                    left: Mono = tuple((x, k) for x, k in rest.items() if k)
                    replaced = unquoted(Poly({left: c // dc}) * a.polys[0])
                    break
        out.append(Poly({m: c}) if replaced is None else replaced)
    return add(out) if any(a.kind == "quotient" for m in p.terms for a, _ in m) else p
