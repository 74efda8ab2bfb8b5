"""What statements cost as compiled loops, beside what they cost as calls of NumPy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbp.lower.model import (
    Apply,
    Array,
    At,
    Axis,
    Fold,
    Node,
    OneHot,
    Pick,
    Read,
    Scatter,
    Statement,
    Window,
    axes_of,
    grows,
    in_vectors,
    reads,
    walk,
)
from symbp.passes.ledger import Setting
from symbp.passes.machine import NANO
from symbp.passes.pricing import Pricing
from symbp.passes.unrolled import unrolls

WRITTEN_OUT = 16  # a compiler writes a loop of so many steps out in full, and makes vectors of the loop around it
VECTORS = 16  # of a loop that it knows to have fewer steps it makes none


@dataclass(frozen=True, slots=True)
class Looped:
    """Prices in seconds, of one step of a loop where statements stand in one."""

    setting: Setting
    arrays: Mapping[str, Array]

    def called(self, s: Statement) -> float:
        """A statement as a call of NumPy; a mask of bytes is turned into numbers first."""
        seconds, value = Pricing(self.setting).seconds(s), s.value
        if isinstance(value, Apply) and value.function == "multiply" and any(map(self._is_mask, value.args)):
            seconds += self.setting.machine.function("mask", self.setting.extent(s.axes))
        return seconds

    def _is_mask(self, node: Node) -> bool:
        return isinstance(node, Read) and self.arrays[node.name].dtype == "bool"

    def work(self, s: Statement) -> float:
        """The operations of a statement in loops, without what reading and writing takes."""
        machine, extent = self.setting.machine, self.setting.extent
        if isinstance(s.value, Fold) and (isinstance(s.value.body, Apply) or grows(s.value)):
            return self.contracted(s, s.value)
        seconds = 0.0
        for node in walk(s.value):
            match node:
                case Apply(function=function):
                    seconds += machine.loop(function, extent(axes_of(node)))
                case Fold(body=body) if unrolls(node, s.axes):
                    seconds += machine.loop("number", extent(axes_of(body)))
                case Fold(body=body):
                    seconds += machine.loop("fold", extent(axes_of(body))) + machine.loop("row", extent(s.axes))
                case Pick():
                    seconds += machine.loop("row", extent(axes_of(node)))
        return seconds

    def contracted(self, s: Statement, fold: Fold) -> float:
        """A product of matrices in loops, or a sum that grows."""
        machine, extent = self.setting.machine, self.setting.extent
        numbers, last = extent((*s.axes, *fold.over)), s.axes[-1]
        if grows(fold):
            return machine.loop("growing", numbers)
        short = all(isinstance(a.size, int) for a in fold.over) and extent(fold.over) <= WRITTEN_OUT
        if short and extent((last,)) >= VECTORS and in_vectors(fold, last):
            return machine.loop("product", numbers) + machine.loop("row", extent(s.axes[:-1]))
        return machine.loop("fold", numbers)

    def inside(self, s: Statement) -> float:
        """A product, or a sum that is one with a vector of ones, as a call of BLAS from compiled code."""
        machine, extent = self.setting.machine, self.setting.extent
        if isinstance(s.value, Fold):
            seconds = machine.product(1, extent(s.axes), extent(s.value.over))
        else:
            seconds = Pricing(self.setting).seconds(s)
        return machine.loop("blas") + max(0.0, seconds - machine.products[0].call * NANO)

    def moved(self, run: Sequence[Statement], needed: Collection[str]) -> tuple[float, int]:
        """The seconds for what a kernel reads and writes, and how many arrays these are.

        What it makes itself and nothing behind it needs is no array.
        """
        made, found = set[str](), dict[str, int]()
        for s in run:
            read = {name: self.setting.extent(axes) for name, axes in _leaves(s.value)}
            found |= {name: max(numbers, found.get(name, 0)) for name, numbers in read.items() if name not in made}
            made.add(s.target)
        written = {s.target: self.setting.extent(s.axes) for s in run if s.target in needed}
        numbers = sum(found.values()) + sum(written.values())
        machine = self.setting.machine
        return machine.elementwise(numbers / 3, 3) - machine.chains[2].call * NANO, len(found | written)

    def kernel(self, run: Sequence[Statement], needed: Collection[str]) -> float:
        """Statements as one kernel; `needed` are the arrays that other statements read."""
        moved, count = self.moved(run, needed)
        return self.overhead(run, count) + moved + sum(map(self.work, run))

    def overhead(self, run: Sequence[Statement], count: int) -> float:
        """What the call of a kernel takes, with so many arrays, and the beginnings of its rows."""
        machine = self.setting.machine
        rows = max(self.setting.extent(s.axes[: len(s.axes) - _together(s)]) for s in run)
        return machine.loop("call") + machine.loop("array", count) + machine.loop("row", rows)


def _together(s: Statement) -> int:
    """How many of the last axes one loop may count: those that every array has, or has none of."""
    apart: set[Axis] = set()
    for node in walk(s.value):
        match node:
            case Window(at=at) | Scatter(at=at):
                apart.update(axis for new, place in at for axis in (new, *place.axes))
            case OneHot(axis=axis) | Pick(axis=axis):
                apart.add(axis)
            case Fold(over=over):
                apart.update(over)
    kept = [set(axes) for _, axes in _leaves(s.value)]
    count = 1
    while count < len(s.axes):
        wider = set(s.axes[len(s.axes) - count - 1 :])
        if wider & apart or any(axes & wider not in (wider, set()) for axes in kept):
            break
        count += 1
    return count


def _leaves(node: Node) -> Iterator[tuple[str, tuple[Axis, ...]]]:
    """The arrays that an expression reads, with the axes along which it does: a loop's step reads a part of some."""
    names = reads(node)
    if len(names) == 1 and isinstance(node, Read | At):
        yield names[0], axes_of(node)
        return
    for child in node.children:
        yield from _leaves(child)
