"""What is known without computing: signs of integer expressions, and whether an index stays on its axis.

An index lies between 0 and its size less 1, a size is at least 1, a positive constant at least 0 (1, if an integer).
Extents add inequalities between sizes.  What cannot be proved is not assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from symbp.derive.terms import ONE, Atom, Poly, number, of

Extents = tuple[Poly, ...]  # each is known to be >= 0


def at_least_one(a: Atom) -> bool:
    return a.kind == "scalar" and a.data[1] == "size"


def never_negative(p: Poly, extents: Sequence[Poly] = ()) -> bool:
    """Is p >= 0 for all sizes >= 1 that the extents allow?"""
    if _by_terms(p):
        return True
    return bool(extents) and _within(p, tuple(extents))


@cache
def _within(p: Poly, extents: Extents) -> bool:
    """Is p, less one or two of the extents, >= 0?  Those that share no size with it cannot help."""
    first = [(e, p - e) for e in extents if not set(e.atoms()).isdisjoint(p.atoms())]
    if any(_by_terms(rest) for _, rest in first):
        return True
    return any(
        _by_terms(rest - f) for _, rest in first for f in extents if not set(f.atoms()).isdisjoint(rest.atoms())
    )


def _by_terms(p: Poly) -> bool:
    """Each size is written as 1 plus something >= 0; then no coefficient may be negative."""
    if all(not m or (len(m) == 1 and m[0][1] == 1 and at_least_one(m[0][0])) for m in p.terms):
        return all(c >= 0 for m, c in p.terms.items() if m) and sum(p.terms.values()) >= 0
    shifted = p
    for a in [a for a in p.atoms() if at_least_one(a)]:
        shifted = _shift(shifted, a)
    return all(c >= 0 and all(_term_positive(a, e) for a, e in m) for m, c in shifted.terms.items())


def _term_positive(a: Atom, e: int) -> bool:
    return positive(a) or e % 2 == 0 or a.kind in ("index", "first", "positive", "equal", "range", "divides")


def positive(a: Atom) -> bool:
    """Is the value of the atom known to be > 0?"""
    if a.kind in ("scalar", "value"):
        return bool(a.data[-1])
    if a.kind == "sum":
        return strictly_positive(a.polys[0])
    if a.kind == "group":
        return strictly_positive(a.polys[0])
    return a.kind == "root"


def strictly_positive(p: Poly) -> bool:
    """Is p > 0, term by term?"""
    if not p.terms:
        return False
    weak = all(c > 0 and all(positive(a) or (e % 2 == 0 and e > 0) for a, e in m) for m, c in p.terms.items())
    return weak and any(all(positive(a) for a, _ in m) for m in p.terms)


def _shift(p: Poly, a: Atom) -> Poly:
    """p with a written as 1 + a."""
    out = Poly({})
    one_more = of(a) + ONE
    for m, c in p.terms.items():
        e = dict(m).get(a, 0)
        term = Poly({tuple(x for x in m if x[0] is not a): c})
        out = out + (term * one_more**e if e > 0 else Poly({m: c}))
    return out


def bounds(p: Poly) -> tuple[Poly, Poly] | None:
    """The least and the greatest value of an affine integer expression, in sizes and constants."""
    low = high = number(0)
    for m, c in p.terms.items():
        indices = [a for a, _ in m if a.kind == "index"]
        others = Poly({tuple(x for x in m if x[0].kind != "index"): c})
        if any(a.kind not in ("index", "scalar") for a, _ in m) or len(indices) > 1:
            return None
        if not indices:
            low, high = low + others, high + others
            continue
        end = others * (indices[0].size - ONE)
        if never_negative(others):
            high = high + end
        elif never_negative(-others):
            low = low + end
        else:
            return None
    return low, high


def inside(v: Poly, size: Poly, extents: Sequence[Poly] = ()) -> bool:
    """Is 0 <= v < size for all values of the indices?  A read of an integer tensor is taken to be in range."""
    one = v.single
    if one is not None and one.kind == "value":
        return True
    return _never_below(v, number(0), extents) and _never_above(v, size - ONE, extents)


def _never_below(v: Poly, low: Poly, extents: Sequence[Poly]) -> bool:
    """Is v >= low for all values of what it reads?  The greater of two is where one of them is."""
    one = v.single
    if one is not None and one.kind == "whole" and one.name in ("max", "min"):
        known = (_never_below(p, low, extents) for p in one.polys)
        return any(known) if one.name == "max" else all(known)
    ends = bounds(v)
    return ends is not None and never_negative(ends[0] - low, extents)


def _never_above(v: Poly, high: Poly, extents: Sequence[Poly]) -> bool:
    """Is v <= high, likewise?"""
    one = v.single
    if one is not None and one.kind == "whole" and one.name in ("max", "min"):
        known = (_never_above(p, high, extents) for p in one.polys)
        return any(known) if one.name == "min" else all(known)
    ends = bounds(v)
    return ends is not None and never_negative(high - ends[1], extents)
