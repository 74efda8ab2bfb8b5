"""Sums whose terms belong to single places of an axis: [g == 0]*a + [g == 1]*b is one form for each place."""

from __future__ import annotations

from symbp.derive.terms import Atom, Coeff, Mono, Poly


def place(a: Atom) -> tuple[Atom, Poly] | None:
    """The index and its place, of a delta [g == 2]; the place is a number or a size (the last step: [t == T - 1])."""
    if a.kind != "equal":
        return None
    letters = [b for b in a.polys[0].atoms() if b.kind == "index"]
    if len(letters) != 1:
        return None
    (i,) = letters
    c = a.polys[0].terms.get(((i, 1),), 0)
    rest = Poly({m: k for m, k in a.polys[0].terms.items() if m != ((i, 1),)})
    if abs(c) != 1 or i in rest.free or any(b.kind != "scalar" for b in rest.atoms()):
        return None
    return i, rest.scaled(-c)


def by_place(p: Poly) -> dict[Mono, Poly] | None:
    """The form at each place: {deltas: its terms without them}, what stands at no place under ().

    None where fewer than two places occur."""
    out: dict[Mono, dict[Mono, Coeff]] = {}
    for m, c in p.terms.items():
        deltas = tuple(x for x in m if place(x[0]) is not None)
        out.setdefault(deltas, {})[tuple(x for x in m if x not in deltas)] = c
    if len([m for m in out if m]) < 2:
        return None
    return {m: Poly(out[m]) for m in sorted(out, key=lambda m: [x[0].key for x in m])}
