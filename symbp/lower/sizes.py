"""Shapes of arrays in memory."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

ONE_CALL = 65_536  # parameters: beyond, a step takes so long that its calls do not count
# Statements: beyond, a step is not one compiled call.  For 20 dense layers of 8 units such a call takes 150 us instead
# of 206, and a module is generated and verified in 43 s instead of 10; for 60 layers, in 200 s.
MOST_IN_ONE = 200


def numbers_of(shape: Sequence[int | str]) -> tuple[int, tuple[str, ...]]:
    """How many numbers an array has: a number times sizes that calls fix, in the order of their names.

    >>> numbers_of((3, "n", 4))
    (12, ('n',))
    """
    return prod(size for size in shape if isinstance(size, int)), tuple(sorted(s for s in shape if isinstance(s, str)))


def same_memory(a: Sequence[int | str], b: Sequence[int | str]) -> bool:
    """Whether two shapes may be those of one array in C order: as many elements, the sizes of each call included."""
    return numbers_of(a) == numbers_of(b)
