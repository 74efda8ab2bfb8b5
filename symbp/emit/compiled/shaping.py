"""Arrays without gaps in another shape: with one dimension for axes that one loop counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from symbp.emit.compiled.access import Access, Index
from symbp.emit.compiled.flat import Group


def reshaped(name: str, sizes: Sequence[str]) -> str:
    """An array without gaps in this shape.

    A reshaped array takes numba 35 ms to compile (of 165 for a kernel of two), ``flat`` 5; loops are as fast.
    """
    return f"{name}.flat" if len(sizes) == 1 else f"{name}.reshape({', '.join(sizes)})"


def shape(name: str, places: Sequence[Index | Group], access: Access) -> list[str]:
    """The arguments of `reshape` that give an array one dimension for each place."""
    found: list[str] = []
    at, rest = 0, 1
    for place in places:
        sizes = [axis.size for axis in place.axes] if isinstance(place, Group) else [access.sizes[at]]
        count = math.prod(size for size in sizes if isinstance(size, int))
        if all(isinstance(size, int) for size in sizes):
            found.append(str(count))
        else:
            alone = len(sizes) == 1
            whole = (str(size) if isinstance(size, int) else f"{name}.shape[{k}]" for k, size in enumerate(sizes, at))
            found.append(" * ".join(whole) if alone or not rest else "-1")
            rest -= not alone
        at += len(sizes)
    return found
