"""Sums of arrays that are shifted against each other, each as far as it lies on the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from symbp.emit.alignment import aligned
from symbp.emit.memory import Memory
from symbp.emit.slicing import cut, overlap
from symbp.lower.model import Affine, Axis, Window, axes_of


@dataclass(frozen=True, slots=True)
class _Row:
    """One tap: the slices of the result that it lies on, by axis, and those of the dimensions of the array."""

    result: dict[Axis, str]
    array: dict[Axis, str]

    def within(self, slices: dict[Axis, str]) -> _Row:
        """The part of this tap, which lies on all of the result as it is, in these slices of that."""
        return _Row({**self.result, **slices}, {**self.array, **slices})


def shifted_rows(
    over: Sequence[Axis], body: Window, axes: Sequence[Axis], target: str, memory: Memory
) -> list[str]:
    """Statements that add up taps: ``z[:, 1:] += taps[0, :, :-1]``; one that lies on all of the result comes first."""
    own, places = axes_of(body.source), dict(body.at)
    text = memory.leaf(body.source, own)
    runs = {axis: next(a for a in place.axes if a not in over) for axis, place in places.items()}
    have = [runs.get(a, a) for a in own if a not in over]

    def part(row: _Row) -> str:
        return cut(target, [row.result.get(a, ":") for a in axes])

    def tap(row: _Row) -> str:
        return aligned(cut(text, [row.array.get(runs.get(a, a), ":") for a in own]), have, axes)

    rows = [_row(dict(zip(over, taps, strict=True)), places, runs) for taps in product(*map(_places, over))]
    whole = next((k for k, row in enumerate(rows) if part(row) == target), None)
    if whole is None:
        return [f"{target}[...] = 0", *(f"{part(row)} += {tap(row)}" for row in rows)]
    first = rows.pop(whole)
    cuts = {a: s for a, s in rows[0].result.items() if s != ":"} if rows else {}
    if len(cuts) != 1 or any(first.array.get(a, ":") != ":" for a in cuts):  # (a longer array, of which it is a part)
        return [f"{target}[...] = {tap(first)}", *(f"{part(row)} += {tap(row)}" for row in rows)]
    both = f"np.add({tap(first.within(cuts))}, {tap(rows[0])}, out={part(rows[0])})"
    ends = [first.within({a: end}) for a, s in cuts.items() for end in _beside(s)]
    return [both, *(f"{part(end)} = {tap(end)}" for end in ends), *(f"{part(r)} += {tap(r)}" for r in rows[1:])]


def _places(axis: Axis) -> range:
    assert isinstance(axis.size, int)
    return range(axis.size)


def _beside(text: str) -> list[str]:
    """The slices of what a slice leaves.

    >>> _beside("1:31"), _beside(":31")
    ([':1', '31:'], ['31:'])
    """
    start, _, stop = text.partition(":")
    return [f":{start}"] * bool(start) + [f"{stop}:"] * bool(stop)


def _row(taps: dict[Axis, int], places: dict[Axis, Affine], runs: dict[Axis, Axis]) -> _Row:
    """What one tap takes of the array, and where it lies on the result."""
    result, array = dict[Axis, str](), {a: str(k) for a, k in taps.items()}
    for axis, place in places.items():
        result[runs[axis]], array[runs[axis]] = overlap(runs[axis], axis, _shift(place, taps))
    return _Row(result, array)


def _shift(place: Affine, taps: dict[Axis, int]) -> Affine:
    """A place at one tap."""
    offset = place.offset + sum(f * taps[a] for a, f in place.terms if a in taps)
    return Affine(tuple(t for t in place.terms if t[0] not in taps), offset)
