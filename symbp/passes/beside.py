"""What stands beside a product over windows costs less where both have the same blocks.

A maximum over windows of 2 x 2 takes whole arrays of a convolution that is computed in blocks of 2 x 2, and its
gradient is put into whole arrays (`symbp.passes.phases`, `symbp.passes.stores`): then no blocks are put in order, and
no call runs along short rows.  So the way of a product is chosen by the cost of these calls too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from symbp.lower.model import (
    Apply,
    Axis,
    Fold,
    Program,
    Read,
    Scatter,
    Statement,
    Window,
    axes_of,
    loops_of,
    scattered,
    targets_of,
    walk,
)
from symbp.passes.phases import Blocks, fits, in_blocks
from symbp.passes.pricing import MASKED, Key, Pricing
from symbp.passes.programs import Way
from symbp.passes.relations import KERNEL, RESULT, Windowed
from symbp.passes.stores import Stored, filled, may_be_stored


def with_neighbours(
    w: Windowed, ways: tuple[Way, ...], calls: Mapping[Key, float], program: Program, pricing: Pricing
) -> Mapping[Key, float]:
    """The calls of a program of `w`, with those beside it that read or fill what it has, or would have, in blocks."""
    own = _result(w)
    beside = _Maxima(own, program, pricing) if w.kind == RESULT else _Fills(own, program, pricing)
    if not beside.found:
        return calls
    blocks = _blocks(own, {r.lo: way for r, way in zip(w.relations, ways, strict=True) if isinstance(way, int)})
    if blocks is None or not beside.fit(blocks, w.s):
        return {**calls, ("beside", own.name): beside.seconds(None)}
    kept = {key: seconds for key, seconds in calls.items() if not _is_copy(key, own)}
    return {**kept, ("beside", own.name, tuple(a.size for a in blocks.value.axes)): beside.seconds(blocks)}


def _result(w: Windowed) -> Read:
    """The result of the convolution, or its gradient, as the statement fills or reads it."""
    if w.kind == RESULT:
        return Read(w.s.target, w.s.axes)
    return w.other if w.kind == KERNEL else w.source


class _Maxima:
    """The maxima over windows of a value."""

    def __init__(self, own: Read, program: Program, pricing: Pricing) -> None:
        self.program, self.pricing = program, pricing
        nodes = (n for s in program.statements if isinstance(s, Statement) for n in walk(s.value))
        folds = (n for n in nodes if isinstance(n, Fold) and n.op in ("max", "min") and isinstance(n.body, Window))
        self.found = [n for n in folds if isinstance(r := n.body.children[0], Read) and r.name == own.name]

    def fit(self, blocks: Blocks, own: Statement) -> bool:
        """Whether the value may stay in these blocks, but for the statement that makes it."""
        return all(fits(s, blocks) for s in self.program.statements if s is not own)

    def seconds(self, blocks: Blocks | None) -> float:
        """What they cost, tap by tap."""
        bodies = (n.body if blocks is None else in_blocks(n.body, blocks) for n in self.found)
        folds = [replace(n, body=body) for n, body in zip(self.found, bodies, strict=True)]
        return sum(self.pricing.seconds(Statement("", axes_of(n), n, "")) for n in folds)


class _Fills:
    """The statement that fills a value at taps that a condition chooses."""

    def __init__(self, own: Read, program: Program, pricing: Pricing) -> None:
        self.pricing = pricing
        made = [s for s in program.statements if own.name in targets_of(s)]
        chosen = (s for s in made if isinstance(s, Statement) and isinstance(s.value, Scatter) and len(made) == 1)
        self.found = [s for s in chosen if isinstance(s.value, Scatter) and isinstance(s.value.body, Apply)]

    def fit(self, blocks: Blocks, own: Statement) -> bool:
        """Whether it may fill these blocks, whoever reads them."""
        return all(may_be_stored(s, blocks.letters) for s in self.found)

    def seconds(self, blocks: Blocks | None) -> float:
        """What it costs, tap by tap."""
        return sum(self.taps(s if blocks is None else _filled(s, blocks)) for s in self.found)

    def taps(self, s: Statement) -> float:
        """What one statement costs."""
        assert isinstance(s.value, Scatter)
        found, extent = scattered(s.axes, s.value), self.pricing.setting.extent
        numbers = extent(tuple(r.run for r in found.values() if r.run is not None))
        run = self.pricing.run(axes_of(s.value.body.children[0]), s.axes, s.value.at)
        return self.pricing.by_tap(MASKED * extent(loops_of(found)), numbers, run)


def _filled(s: Statement, blocks: Blocks) -> Statement:
    """A statement that fills a value in blocks."""
    return filled(Stored(s, replace(blocks.copy, axes=blocks.value.axes), blocks.letters))


def _blocks(read: Read, sizes: Mapping[Axis, int]) -> Blocks | None:
    """An array in blocks of these sizes, those inside of blocks first, and the copy that has it in order."""
    taken, split, inner = {a.letter for a in read.axes}, list[tuple[Axis, ...]](), list[Axis]()
    for axis in read.axes:
        size = sizes.get(axis, 1)
        if size == 1 or not isinstance(axis.size, int):
            split.append((axis,))
            continue
        inside = Axis(f"b{len(taken)}", size)
        taken.add(inside.letter)
        inner.append(inside)
        split.append((Axis(axis.letter, axis.size // size), inside))
    if not inner:
        return None
    value = Read("", (*inner, *(own[0] for own in split)))
    return Blocks(Statement(read.name, tuple(a for own in split for a in own), value, ""), value, tuple(split))


def _is_copy(key: Key, read: Read) -> bool:
    """Whether a call puts blocks of a value in order, or those of its gradient side by side."""
    value, _, names, *target = key
    if not isinstance(value, Read) or len(value.axes) <= len(read.axes) or not isinstance(names, Iterable):
        return False
    return read.name in target or (read.name,) in tuple(names)
