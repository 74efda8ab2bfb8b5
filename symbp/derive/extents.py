"""Sizes that are computed from others, as inequalities: what proves that a window stays on its axis.

``P = (H - U)//s + 1`` gives ``s*(P - 1) <= H - U``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import lcm

from symbp.derive.terms import Poly
from symbp.notation.evaluate import integer_value
from symbp.notation.expr import Add, Call, Expr, Num, Quotient, Sym, walk

Fact = tuple[Expr, Expr]
LARGEST = 40  # what an axis of a sample may grow by


def is_extent(fact: Fact) -> bool:
    """Does the fact say what a size is?"""
    left, _ = fact
    return isinstance(left, Sym) and left.kind == "size"


def inequalities(facts: Sequence[Fact], read: Callable[[Expr], Poly]) -> tuple[Poly, ...]:
    """For each size P = e: what is known to be >= 0, with whole coefficients."""
    out: list[Poly] = []
    for left, right in facts:
        size, floors = read(left), _floors(right)
        if not floors:
            out += [read(right) - size, size - read(right)]
        elif len(floors) == 1:
            rest = [a for a in (right.args if isinstance(right, Add) else (right,)) if a is not floors[0]]
            whole = size
            for a in rest:
                whole = whole - read(a)
            gap = _ratio(floors[0], read) - whole  # floor(q) <= q
            out.append(gap.scaled(lcm(*(Fraction(c).denominator for c in gap.terms.values()))))
    return tuple(out)


def numbers(facts: Sequence[Fact], read: Callable[[Expr], Poly]) -> dict[Poly, int]:
    """The sizes that are the same in every use of a layer, such as the four gates of an LSTM."""
    found = ((read(left), read(right).number) for left, right in facts if isinstance(right, Num))
    return {size: int(n) for size, n in found if n is not None}


def with_extents(sizes: Mapping[str, int], facts: Sequence[Fact]) -> dict[str, int]:
    """The sizes with those that facts compute from others; the others grow until every axis has a place.

    Raises ValueError where no sizes do.
    """
    found = _computed(sizes, facts)
    for left, right in (*facts, *facts):  # what grows for one may be too small again for another
        if found[_name(left)] < 1:
            found = _grown(found, facts, left, right)
    if any(size < 1 for size in found.values()):
        raise ValueError("no small sizes give every axis a place")
    return found


def _computed(sizes: Mapping[str, int], facts: Sequence[Fact]) -> dict[str, int]:
    """The sizes with those that facts compute from the ones before."""
    found = dict(sizes)
    for left, right in facts:
        found[_name(left)] = integer_value(right, found)
    return found


def _grown(sizes: Mapping[str, int], facts: Sequence[Fact], left: Expr, right: Expr) -> dict[str, int]:
    """One of the sizes that `right` reads larger, as little as makes `left` 1."""
    own = {_name(size) for size, _ in facts}
    read = sorted({n.name for n in walk(right) if isinstance(n, Sym) and n.name not in own})
    for more in range(1, LARGEST):
        for name in read:
            found = _computed({**sizes, name: sizes[name] + more}, facts)
            if found[_name(left)] >= 1:
                return found
    raise ValueError("no small sizes give every axis a place")


def _name(size: Expr) -> str:
    assert isinstance(size, Sym)
    return size.name


def _floors(e: Expr) -> list[Expr]:
    terms = e.args if isinstance(e, Add) else (e,)
    return [t for t in terms if isinstance(t, Quotient) or (isinstance(t, Call) and t.function == "floor")]


def _ratio(e: Expr, read: Callable[[Expr], Poly]) -> Poly:
    """The argument of a floor."""
    if isinstance(e, Quotient):
        divisor = read(e.divisor).number
        assert divisor is not None, "a stride is a number"
        return read(e.value).scaled(1 / Fraction(divisor))
    (argument,) = e.children
    return read(argument)
