"""Shapes of arrays in memory."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod


def same_memory(a: Sequence[int | str], b: Sequence[int | str]) -> bool:
    """Whether two shapes may be those of one array in C order: as many elements, the sizes of each call included."""
    names = [sorted(size for size in shape if isinstance(size, str)) for shape in (a, b)]
    numbers = [prod(size for size in shape if isinstance(size, int)) for shape in (a, b)]
    return names[0] == names[1] and numbers[0] == numbers[1]
