"""A value that has a name, forward or backward, is read by that name wherever an adjoint repeats it.

sum[n](G[n,j]*(1 - y[n,j]**2)) is sum[n](dz[n,j]), where dz[n,j] = G[n,j]*(1 - y[n,j]**2) is kept; it may be repeated at
other places, such as the next step, and times something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbp.derive.indices import Indices, apart
from symbp.derive.rational import normal
from symbp.derive.terms import Atom, Mono, Poly, add, of, reduced
from symbp.derive.tidy import sketch
from symbp.derive.traverse import names_in

Places = dict[Atom, Poly]  # what stands for each index of the kept adjoint


@dataclass(frozen=True)
class Kept:
    """A value under its name, at its own indices.

    `later`: it depends on what reads it, in a recurrence, so that it may be read at another step only.
    """

    lhs: Atom
    form: Poly
    later: bool = False

    @property
    def own(self) -> tuple[Atom, ...]:
        return tuple(i for p in self.lhs.polys for i in p.free)

    def read(self, at: Places, calculus: Indices) -> Poly:
        return calculus.substitute(of(self.lhs), at)


def read_by_name(p: Poly, kept: Sequence[Kept], calculus: Indices) -> Poly:
    """p with what it repeats read by name, where that is shorter."""
    for k in kept:
        made = _inside_sums(_replaced(p, k, calculus), k, calculus)
        if made != p:
            made = normal(made)
            p = made if sketch(made).size < sketch(p).size else p
    return p


def _inside_sums(p: Poly, k: Kept, calculus: Indices) -> Poly:
    """The same under sums: those over the same indices, with the same factor in front, are one."""
    groups: dict[tuple[Mono, tuple[str, ...]], list[tuple[Atom, Poly]]] = {}
    rest: list[Poly] = []
    for m, c in p.terms.items():
        sums = [a for a, e in m if a.kind == "sum" and e == 1 and names_in(k.form) & a.names]
        if len(sums) == 1:
            outer = tuple(x for x in m if x[0] is not sums[0])
            sizes = tuple(i.size.key for i in sums[0].bound)
            groups.setdefault((outer, sizes), []).append((sums[0], Poly({(): c})))
        else:
            rest.append(Poly({m: c}))
    for (outer, _), sums_of in groups.items():
        bound = tuple(apart(sums_of[0][0].bound, p.free.union(k.own)).values())
        body = add(_opened(a, bound, calculus) * c for a, c in sums_of)
        made = _inside_sums(_replaced(body, k, calculus), k, calculus)
        if made == body:
            rest += [Poly({outer: 1}) * of(a) * c for a, c in sums_of]
        else:
            rest.append(Poly({outer: 1}) * calculus.total(normal(made), bound))
    return add(rest)


def _opened(a: Atom, bound: Sequence[Atom], calculus: Indices) -> Poly:
    return calculus.substitute(a.polys[0], {i: of(j) for i, j in zip(a.bound, bound, strict=True)})


def _replaced(p: Poly, k: Kept, calculus: Indices) -> Poly:
    """Every q*k among the terms of p, for a single term q, as q times the name."""
    for at in list(_places(p, k)):
        whole = calculus.substitute(k.form, at)
        (lead, c), *_ = sorted(whole.terms.items(), key=lambda t: (-len(t[0]), Poly({t[0]: 1}).key))
        for m in [m for m in p.terms if _divides(lead, m)]:
            if m in p.terms:
                q = _over(m, lead).scaled(reduced(Fraction(p.terms[m]) / Fraction(c)))
                part = q * whole
                if all(p.terms.get(n) == d for n, d in part.terms.items()):
                    p = p - part + q * k.read(at, calculus)
    return p


def _divides(lead: Mono, m: Mono) -> bool:
    own = dict(m)
    return all(own.get(a, 0) >= e if e > 0 else own.get(a, 0) <= e for a, e in lead)


def _over(m: Mono, lead: Mono) -> Poly:
    own = dict(m)
    for a, e in lead:
        own[a] -= e
    return Poly({tuple(x for x in own.items() if x[1]): 1})


def _places(p: Poly, k: Kept) -> Iterator[Places]:
    """Where k may stand in p: what the reads of one of its terms are in a term of p, index by index."""
    term = min(k.form.terms, key=lambda m: (len(m), Poly({m: 1}).key))
    anchors = sorted((a for a, _ in term if a.kind == "value"), key=lambda a: (-len(a.free), a.key))
    seen: set[tuple[Poly, ...]] = set()
    for m in p.terms:
        for at in _matched(m, anchors, {}, set(k.own)):
            key = tuple(at[i] for i in k.own)
            shifted = [i for i in k.own if at[i].single is None]
            if key not in seen and all(_may_leave(k, i) for i in shifted) and (shifted or not k.later):
                seen.add(key)
                yield at


def _matched(m: Mono, anchors: Sequence[Atom], at: Places, missing: set[Atom]) -> Iterator[Places]:
    if not missing:
        yield at
        return
    if not anchors:  # what stands there can be seen when all is compared: an index of the same axis
        i = min(missing, key=lambda i: i.key)
        for j in sorted(frozenset().union(*(a.free for a, _ in m)), key=lambda j: j.key):
            if j.size == i.size:
                yield from _matched(m, anchors, {**at, i: of(j)}, missing - {i})
        return
    for a, _ in m:
        if a.kind == "value" and a.name == anchors[0].name:
            found = _joined(anchors[0], a, at)
            if found is not None:
                yield from _matched(m, anchors[1:], found, missing - found.keys())


def _joined(anchor: Atom, a: Atom, at: Places) -> Places | None:
    """`at`, and what stands in the read `a` for the indices of `anchor`; None where the two cannot be the same."""
    found = dict(at)
    for own, here in zip(anchor.polys, a.polys, strict=True):
        i = own.single
        if i is None or i.kind != "index":
            continue  # a shifted read: the others must say where
        if found.setdefault(i, here) != here:
            return None
    return found


def _may_leave(k: Kept, i: Atom) -> bool:
    """Is every term of k 0 where this index leaves its axis?"""
    return all(
        any(a.kind == "value" and e > 0 and any(p.single is i for p in a.polys) for a, e in m) for m in k.form.terms
    )
