"""Sizes that are computed from others, as inequalities: what proves that a window stays on its axis.

``P = (H - U)//s + 1`` gives ``s*(P - 1) <= H - U``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import lcm

from symbp.derive.terms import Poly
from symbp.notation.evaluate import integer_value
from symbp.notation.expr import Add, Call, Expr, Num, Quotient, Sym, walk

Fact = tuple[Expr, Expr]
LARGEST = 40  # what an axis of a sample may grow by
FEW, MANY = 4, 9  # axes that may have to grow so that they divide, and by how much


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
    computed = {_name(left) for left, _ in facts}
    read = sorted({n.name for _, right in facts for n in walk(right) if isinstance(n, Sym)} - computed)
    for start in _starts(sizes, read):
        found = _computed(start, facts)
        for left, right in (*facts, *facts):  # what grows for one may be too small again for another
            if found is not None and found[_name(left)] < 1:
                found = _grown(found, facts, left, right)
        if found is not None and all(size >= 1 for size in found.values()):
            return found
    raise ValueError("no small sizes give every axis a place")


def _starts(sizes: Mapping[str, int], names: Sequence[str]) -> Iterator[Mapping[str, int]]:
    """The sizes, and somewhat larger ones: an axis may have to divide another."""
    yield sizes
    few = names[:FEW]
    for steps in sorted(itertools.product(range(MANY), repeat=len(few)), key=sum):
        yield {**sizes, **{name: sizes[name] + step for name, step in zip(few, steps, strict=True)}}


def _computed(sizes: Mapping[str, int], facts: Sequence[Fact]) -> dict[str, int] | None:
    """The sizes with those that facts compute from the ones before; None where one is no integer."""
    found = dict(sizes)
    try:
        for left, right in facts:
            found[_name(left)] = integer_value(right, found)
    except ValueError:
        return None
    return found


def _grown(sizes: Mapping[str, int], facts: Sequence[Fact], left: Expr, right: Expr) -> dict[str, int] | None:
    """One of the sizes that `right` reads larger, as little as makes `left` 1."""
    own = {_name(size) for size, _ in facts}
    read = sorted({n.name for n in walk(right) if isinstance(n, Sym) and n.name not in own})
    for more in range(1, LARGEST):
        for name in read:
            found = _computed({**sizes, name: sizes[name] + more}, facts)
            if found is not None and found[_name(left)] >= 1:
                return found
    return None


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
