"""Numbers by their digits: where a*B + b = e with 0 <= b < B, a is e//B and b is e % B; and back.

A delta that fixes a place in a row of rows fixes both indices; deltas that fix quotient and remainder fix the place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbp.derive.terms import Atom, Coeff, Mono, Poly, atom, of


@dataclass(frozen=True)
class Digit:
    """What the delta with `place` = 0 says of an index: its value, and a place that is 0 for the indices above it."""

    index: Atom
    value: Poly
    above: Poly


def digit(place: Poly, bound: Sequence[Atom]) -> Digit | None:
    """The lowest of the bound indices in e - (B*rest + low) = 0, where low runs from 0 to B - 1.

    Then low = e % B, and e//B - rest = 0.  None where the place has no such form.
    """
    e = Poly({m: c for m, c in place.terms.items() if not any(a.free & set(bound) for a, _ in m)})
    for low in bound:
        sign = place.terms.get(((low, 1),))
        if sign not in (1, -1):
            continue
        e_signed = e.scaled(-sign)
        rest = (place - e).scaled(sign) - of(low)
        above = _divided(rest, low.size)
        if above is not None and above.terms and low not in above.free:
            return Digit(low, whole("mod", e_signed, low.size), whole("floordiv", e_signed, low.size) - above)
    return None


def _divided(p: Poly, by: Poly) -> Poly | None:
    """p / by, where every term has that factor; `by` is one term."""
    if len(by.terms) != 1:
        return None
    ((factors, c),) = by.terms.items()
    out: dict[Mono, Coeff] = {}
    for m, k in p.terms.items():
        left = dict(m)
        for a, e in factors:
            left[a] = left.get(a, 0) - e
        if k % c or any(e < 0 for e in left.values()):
            return None
        out[tuple((a, e) for a, e in sorted(left.items(), key=lambda x: x[0].key) if e)] = k // c
    return Poly(out)


def whole(function: str, *args: Poly) -> Poly:
    """An integer function, as an atom."""
    return of(atom("whole", (function,), args))


def joined(deltas: Sequence[Atom]) -> tuple[Atom, Atom, Poly] | None:
    """Two deltas that are one: [b == e % B] and [a == e//B], where b runs from 0 to B - 1; and e - (B*a + b)."""
    found = [(d, *fixed) for d in deltas for fixed in _fixed(d.polys[0])]
    for d, low, function, args in found:
        single = low.single
        if function != "mod" or single is None or single.kind != "index" or single.size != args[1]:
            continue
        for other, high, name, same in found:
            if name == "floordiv" and same == args and other is not d:
                return d, other, args[0] - (high * args[1] + low)
    return None


def _fixed(place: Poly) -> list[tuple[Poly, str, tuple[Poly, ...]]]:
    """(u, function, arguments) of a place u - function(arguments) = 0."""
    out = []
    for a in place.atoms():
        if a.kind == "whole" and a.name in ("mod", "floordiv"):
            factor = place.terms.get(((a, 1),))
            if factor in (1, -1):
                out.append((of(a) - place.scaled(factor), a.name, a.polys))
    return out
