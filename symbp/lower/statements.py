"""Statements, the loops that they run in, and functions that are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbp.lower.arrays import Array
from symbp.lower.nodes import Axis, Node, Read, mapped
from symbp.notation.expr import Expr


@dataclass(frozen=True, slots=True)
class Loop:
    """One pass over the places of an axis, from the first to the last, or (`reverse`) from the last to the first.

    Neighbouring statements with the same loop are carried out together, once for each place (`STEP`).  A loop over
    `parts` has a step for so many places of the axis, counted together with those of the axes `behind` it; its
    statements read and write parts of arrays under names of their own."""

    name: str  # one for each loop of a program
    axis: Axis
    reverse: bool = False
    parts: int = 0
    behind: tuple[Axis, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """``target = value``, or ``target += value`` where `accumulate`.

    `axes` are those of the target as it lies in memory, or of the part of it that `at` says: (dimension, place) pairs.
    In a `loop`, arrays are read and written at its present step; an array without the loop's axis lasts for one step.
    Neighbours of one `kernel` are carried out together, by one compiled function.
    What is `zero_first` is 0 in the first step of its loop, and need not be computed there.
    `where` names a part of the flat vectors that the statement is limited to ("decayed"), or is empty; `node` the node
    of the network that it belongs to.

    Passes that look at statements in general ask whether one is `whole` or a `definition`; what only fits inside of
    loops, for parts or for sums that grow asks for these by name.
    """

    target: str
    axes: tuple[Axis, ...]
    value: Node
    stage: str
    equation: str = ""
    accumulate: bool = False
    where: str = ""
    node: str = ""
    loop: Loop | None = None
    at: tuple[tuple[int, Expr], ...] = ()
    kernel: str = ""
    zero_first: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is for a whole array, once: in no loop, at no place, on no part of the flat vectors."""
        return not (self.loop or self.at or self.where)

    @property
    def definition(self) -> bool:
        """Whether it is `whole` and gives the array its value: what the array held before does not count."""
        return self.whole and not self.accumulate

    def reading(self, instead: Mapping[str, str]) -> Statement:
        """The statement that reads other arrays in the place of some."""

        def change(node: Node) -> Node:
            return replace(node, name=instead[node.name]) if isinstance(node, Read) and node.name in instead else node

        return replace(self, value=mapped(self.value, change))


@dataclass(frozen=True, slots=True)
class Routine:
    """A named function of arrays that a program calls: the forward equations of one unit, in the unit's own names."""

    name: str
    doc: str
    arguments: tuple[Array, ...]
    made: tuple[Array, ...]
    statements: tuple[Statement, ...]
    results: tuple[str, ...]
