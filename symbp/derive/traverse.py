"""Walks over polynomials: the values they read, and replacement below sums and in denominators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from symbp.derive.indices import Indices
from symbp.derive.rational import expanded, inverse, normal
from symbp.derive.terms import Atom, Mono, Poly, add, atom, of

CLOSED = frozenset(("positive", "sign", "equal", "range", "divides", "quotient", "whole", "value", "first", "max"))


def values(p: Poly) -> list[Atom]:
    """The elements of tensors that the value of p depends on smoothly, below sums and in denominators too; sorted."""
    return sorted(set(_values(p)), key=lambda a: a.key)


def _values(p: Poly) -> Iterator[Atom]:
    for a in p.atoms():
        if a.kind == "value":
            yield a
        elif a.kind not in CLOSED:
            for q in a.polys:
                yield from _values(q)


def names_in(p: Poly) -> frozenset[str]:
    """The names of all tensors that p reads, in conditions and indices too."""
    return frozenset(n for a in p.atoms() for n in a.names)


def rewrite(p: Poly, change: Callable[[Atom], Poly | None], calculus: Indices, names: frozenset[str]) -> Poly:
    """p with values (and sums, innermost first) replaced where `change` gives something; atoms without `names` stay.

    Conditions, indices and kernels are left as they are.
    """
    out: list[Poly] = []
    for m, c in p.terms.items():
        rest: Mono = tuple(x for x in m if x[0].names.isdisjoint(names))
        term = Poly({rest: c})
        for a, e in m:
            if not a.names.isdisjoint(names):
                term = _times_power(term, _changed(a, change, calculus, names), e)
        out.append(term)
    return normal(expanded(add(out)))


def _changed(a: Atom, change: Callable[[Atom], Poly | None], calculus: Indices, names: frozenset[str]) -> Poly:
    if a.kind == "value":
        found = change(a)
        return of(a) if found is None else found
    if a.kind == "sum":
        opened, bound = calculus.opened(a)
        return calculus.total(rewrite(opened, change, calculus, names), bound)
    if a.kind == "group":
        return rewrite(a.polys[0], change, calculus, names)
    return of(a)


def _times_power(term: Poly, p: Poly, e: int) -> Poly:
    if e >= 0:
        return term * p**e
    return term * inverse(normal(p)) ** -e


def exchange_sums(p: Poly, change: Callable[[Atom], Poly | None], calculus: Indices) -> Poly:
    """p with sums replaced where `change` gives something, innermost first."""
    if not _has_sum(p):
        return p
    out = []
    for m, c in p.terms.items():
        term = Poly({tuple(x for x in m if x[0].kind not in ("sum", "group")): c})
        for a, e in m:
            if a.kind == "sum":
                term = _times_power(term, _exchanged(a, change, calculus), e)
            elif a.kind == "group":
                term = _times_power(term, exchange_sums(a.polys[0], change, calculus), e)
        out.append(term)
    return normal(expanded(add(out)))


def _exchanged(a: Atom, change: Callable[[Atom], Poly | None], calculus: Indices) -> Poly:
    if _has_sum(a.polys[0]):
        opened, bound = calculus.opened(a)
        whole = calculus.total(exchange_sums(opened, change, calculus), bound)
        if whole != of(a):
            return exchange_sums(whole, change, calculus)
    found = change(a)
    return of(a) if found is None else found


def _has_sum(p: Poly) -> bool:
    return any(a.kind == "sum" or (a.kind == "group" and _has_sum(a.polys[0])) for a in p.atoms())


def fill(p: Poly, given: Mapping[Atom, Poly], name: Callable[[Atom], Poly]) -> Poly:
    """p with atoms replaced everywhere, in denominators and in the arguments of kernels, which `name` then names."""
    out = []
    for m, c in p.terms.items():
        term = Poly({(): c})
        for a, e in m:
            if a in given:
                term = _times_power(term, given[a], e)
            elif a.kind == "group":
                term = _times_power(term, fill(a.polys[0], given, name), e)
            elif a.kind == "kernel":
                term = _times_power(term, name(atom(a.kind, a.data, tuple(fill(q, given, name) for q in a.polys))), e)
            else:
                term = term * of(a, e)
        out.append(term)
    return normal(expanded(add(out)))
