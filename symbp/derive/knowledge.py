"""What is known of the values: the rules, sums that have a name or a value, conditions that agree, masks.

Facts of the data are stated by the author; others are proved here: softmax sums to 1, a centred value to 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symbp.derive.conditions import within_conditions
from symbp.derive.indices import apart
from symbp.derive.rational import inverse, normal
from symbp.derive.rules import Rule, apply, rules_of
from symbp.derive.system import Definition, System
from symbp.derive.terms import Atom, Poly, add, atom, number, of
from symbp.derive.traverse import exchange_sums, names_in
from symbp.derive.virtual import stable_definitions, virtual_definitions


@dataclass(frozen=True)
class Known:
    """sum = value, at all indices.  `proof` is empty for a value that the author named."""

    sum: Atom
    value: Poly
    proof: str = ""


class Knowledge:
    def __init__(self, system: System, facts: Sequence[tuple[Poly, Poly]]) -> None:
        self.system = system
        self.rules: list[Rule] = []
        self.sums = [k for left, right in facts for k in _stated(left, right)]
        for q in system.definitions:
            self.sums += _named_sum(q)
        self.masks = [(q.lhs, c) for q in system.definitions for c in _mask(q)]
        self.rules = rules_of(system, [*system.definitions, *virtual_definitions(system)])
        self.sums += self._proved()

    def learn(self, made: Sequence[Definition]) -> None:
        """Rules for hidden values that came up later."""
        self.rules += rules_of(self.system, [*made, *(v for q in made for v in stable_definitions(self.system, q))])

    # -- normal form with everything known --------------------------------------------------------------------------
    def close(self, p: Poly) -> Poly:
        """p with known sums by their values, deltas used in their products, and masks absorbed."""
        p = normal(within_conditions(p))
        for _ in range(20):
            before = p
            p = _by_delta(p, self.system) if _has(p, "equal") else p
            p = self._absorb(p) if self.masks else p
            p = exchange_sums(p, self._known, self.system.calculus)
            if p == before:
                return p
        return p

    def _known(self, z: Atom) -> Poly | None:
        for k in self.sums:
            if k.sum.names == z.names and len(k.sum.bound) == len(z.bound) and len(k.sum.free) <= len(z.free):
                found = self._matched(k, z)
                if found is not None:
                    return found
        return None

    def _matched(self, k: Known, z: Atom) -> Poly | None:
        """The value of z, where it is the known sum at other indices."""
        own = sorted(k.sum.free, key=lambda i: i.key)
        for at in itertools.permutations(sorted(z.free, key=lambda i: i.key), len(own)):
            if all(i.size == j.size for i, j in zip(own, at, strict=True)):
                m = {i: of(j) for i, j in zip(own, at, strict=True)}
                if self.system.calculus.swap(k.sum, m) == of(z):
                    return self.system.calculus.substitute(k.value, m)
        return None

    def _absorb(self, p: Poly) -> Poly:
        """A value that holds a condition as a factor is 0 without it: y*[c] = y."""
        out = dict(p.terms)
        for y, c in self.masks:
            for m in list(out):
                for a, e in m:
                    if a.kind == "value" and a.name == y.name and e > 0:
                        own = {i: at for own, at in zip(y.polys, a.polys, strict=True) for i in own.free}
                        here = self.system.calculus.swap(c, own).single
                        if here is not None and any(b is here for b, _ in m):
                            k = out.pop(m)
                            left = tuple(x for x in m if x[0] is not here)
                            out[left] = out.get(left, 0) + k
                            if not out[left]:
                                del out[left]
                            break
        inner = Poly(out)
        return _inside_sums(inner, self._absorb, self.system) if inner.has("sum") else inner

    def at_deltas(self, p: Poly) -> Poly:
        """The same the other way: beside [c[n] == j], p[n, j] is p[n, c[n]], and beside [i == j] it is p[n, i]."""
        out = []
        for m, c in p.terms.items():
            term = Poly({m: c})
            for d, _ in m:
                found = (_label(d) or _same(d)) if d.kind == "equal" else None
                if found is not None:
                    read, j = found
                    others = Poly({tuple(x for x in m if x[0] is not d): c})
                    if not any(a.kind == "group" and d in a.polys[0].atoms() for a in others.atoms()):
                        term = of(d) * self.system.calculus.substitute(others, {j: of(read)})
                        break
            out.append(term)
        return normal(add(out))

    # -- proofs ------------------------------------------------------------------------------------------------------
    def _proved(self) -> list[Known]:
        """Sums over an axis of a named value that come out as a number when it is written out and folded back."""
        out = []
        for q in self.system.definitions:
            if q.name in self.system.hidden or q.head is not None or not _worth(q.rhs):
                continue
            for i in q.own:
                j = apart((i,), q.rhs.free)[i]
                whole = self.system.calculus.total(self.system.calculus.substitute(of(q.lhs), {i: of(j)}), [j])
                total = self.close(self.system.calculus.total(self.system.calculus.substitute(q.rhs, {i: of(j)}), [j]))
                total = self._without_hidden(total)
                known = not any(a.kind in ("sum", "value", "group") for a in total.atoms())
                if whole.single is not None and known:
                    out.append(Known(whole.single, total, "proved"))
        return out

    def _without_hidden(self, p: Poly) -> Poly:
        for r in self.rules:
            if r.branch is None and r.target.name in self.system.hidden and r.target.name in names_in(p):
                made = apply(r, p, self.system)
                p = p if made is None else self.close(made)
        return p


def _stated(left: Poly, right: Poly) -> list[Known]:
    """c*sum(..) = value gives the sum.  A fact of another form helps nobody and is left out."""
    if not left.has("sum"):
        left, right = right, left
    if len(left.terms) != 1:
        return []
    ((m, c),) = left.terms.items()
    sums = [a for a, _ in m if a.kind == "sum"]
    if len(sums) != 1:
        return []
    rest = Poly({tuple(x for x in m if x[0] is not sums[0]): c})
    return [Known(sums[0], normal(right * inverse(rest)), "stated")]


def _worth(p: Poly) -> bool:
    return len(p.terms) > 1 or any(e < 0 for m in p.terms for _, e in m)


def _has(p: Poly, kind: str) -> bool:
    return any(a.kind == kind or (a.kind in ("sum", "group") and _has(a.polys[0], kind)) for a in p.atoms())


def _named_sum(q: Definition) -> list[Known]:
    """y = c*sum(...) gives the sum by its name."""
    if not q.bound or q.head is None or q.head.kind != "sum" or len(q.rhs.terms) != 1:
        return []
    ((m, c),) = q.rhs.terms.items()
    rest = Poly({tuple(x for x in m if x[0] is not q.head): c})
    if any(a.kind == "value" for a in rest.atoms()) or rest.free:
        return []
    return [Known(q.head, normal(of(q.lhs) * inverse(rest)))]


def _mask(q: Definition) -> list[Atom]:
    """The conditions that every term of a right side holds."""
    if len(q.rhs.terms) != 1:
        return []
    ((m, _),) = q.rhs.terms.items()
    return [a for a, _ in m if a.kind in ("positive", "equal", "range", "divides")]


def _inside_sums(p: Poly, change: Callable[[Poly], Poly], system: System) -> Poly:
    """`change` under every sum."""

    def inner(z: Atom) -> Poly | None:
        opened, bound = system.calculus.opened(z)
        done = change(opened)
        return None if done == opened else system.calculus.total(done, bound)

    return exchange_sums(p, inner, system.calculus)


def _by_delta(p: Poly, system: System) -> Poly:
    """[c[n] == j] that stays in a product: beside it, p[n, c[n]] is p[n, j]."""
    out = []
    for m, c in p.terms.items():
        term = Poly({m: c})
        for d, _ in m:
            pair = _label(d) if d.kind == "equal" else None
            if pair is not None:
                read, j = pair
                others = Poly({tuple(x for x in m if x[0] is not d): c})
                term = of(d) * _replaced(others, read, j)
        out.append(term)
    done = add(out)
    return _inside_sums(done, lambda q: _by_delta(q, system), system) if done.has("sum") else done


def _same(d: Atom) -> tuple[Atom, Atom] | None:
    """The two indices of a delta [i == j], the first one by name first."""
    places = sorted(d.polys[0].atoms(), key=lambda a: a.key)
    if len(places) != 2 or any(a.kind != "index" for a in places) or places[0].size != places[1].size:
        return None
    i, j = places
    return (i, j) if d.polys[0] in (of(i) - of(j), of(j) - of(i)) else None


def _label(d: Atom) -> tuple[Atom, Atom] | None:
    """(read, index) of a delta [read == index]; the read may be an integer function of others."""
    if len(d.polys[0].terms) != 2:
        return None
    reads = [a for a in d.polys[0].atoms() if a.kind in ("value", "whole")]
    places = [a for a in d.polys[0].atoms() if a.kind == "index"]
    if len(reads) != 1 or len(places) != 1:
        return None
    gap = of(reads[0]) - of(places[0])
    return (reads[0], places[0]) if d.polys[0] in (gap, -gap) else None


def _replaced(p: Poly, read: Atom, j: Atom) -> Poly:
    """p with the integer `read` replaced by the index j where it is an index of another value."""
    ((m, c),) = p.terms.items()
    out = number(c)
    for a, e in m:
        renamed = a.kind == "value" and any(q.single is read for q in a.polys)
        at = tuple(of(j) if q.single is read else q for q in a.polys)
        out = out * of(atom(a.kind, a.data, at) if renamed else a, e)
    return out
