"""What the names of a unit mean at one of its nodes, and the axes that stand for the indices of an equation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from symbp.errors import DerivationError, Problem
from symbp.lower.fresh import fresh_letter
from symbp.lower.nodes import Axis
from symbp.notation.expr import Index, Num

Size = int | str
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Target:
    """What a local name stands for: an array of the program.

    `order` lists its indices in the order in which they lie in memory; empty where that is theirs.
    """

    name: str
    shape: tuple[Size, ...] = ()  # as it lies in memory
    order: tuple[int, ...] = ()

    def in_memory(self, at: tuple[_T, ...]) -> tuple[_T, ...]:
        """What belongs to each index, in the order in which these lie in memory."""
        return tuple(at[k] for k in self.order) if self.order else at


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a unit's equations mean at one of its nodes."""

    arrays: dict[str, Target]
    sizes: dict[str, Size]
    constants: dict[str, float]
    scalars: frozenset[str] = frozenset()  # names that bodies read as they are: lr, k
    everywhere: Axis | None = None  # the axis that a name without indices has (optimisers)
    numbers: Mapping[str, float] = field(default_factory=dict)  # arrays that are one number everywhere

    def shape(self, name: str) -> tuple[Size, ...]:
        """The sizes of the axes of an array, in the order of its indices."""
        target = self.arrays[name]
        sizes = dict(zip(target.order, target.shape, strict=True)) if target.order else dict(enumerate(target.shape))
        return tuple(sizes[k] for k in range(len(sizes)))


@dataclass(slots=True)
class Letters:
    """The axes of one equation.  `taken` grows as sums are entered."""

    axes: dict[Index, Axis]
    taken: set[str] = field(default_factory=set)

    def enter(self, bound: tuple[Index, ...], names: Names) -> Letters:
        fresh = {i: Axis(fresh_letter(i.name, self.taken), size_of(i, names)) for i in bound}
        return Letters(self.axes | fresh, self.taken)

    def extra(self, wanted: str, size: Size) -> Axis:
        """An axis that no index of the equation stands for."""
        return Axis(fresh_letter(wanted, self.taken), size)


def refuse(what: str) -> DerivationError:
    """The error of what an equation holds and no array operation computes: D401."""
    return DerivationError(Problem("D401", f"{what} cannot be turned into array operations yet"))


def size_of(i: Index, names: Names) -> Size:
    """The size of an index's axis at this node."""
    if isinstance(i.size, Num):
        return int(i.size.value)
    return names.sizes.get(i.size.name, i.size.name)
