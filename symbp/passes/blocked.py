"""The optimiser's update in blocks of the flat vectors, where what a block takes stays in a cache.

Each statement of an update is a pass over all weights.  In blocks, the passes after the first one find in a cache what
they read, and buffers are as long as a block; each block costs a call a pass.  Vectors that a cache holds as they are
take one block: one loop and its views less to read, and to carry out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

from symbp.lower.model import GRAD, UPDATE, Apply, Program, Read, Statement, reads
from symbp.passes.ledger import Choice, Margin, Near, Setting, cheapest
from symbp.passes.pricing import function_of

SIZES = tuple(1 << k for k in range(13, 21))  # numbers in a block
WHOLE = "all at once"
WORTH = 0.05  # of what the update costs all at once: for a smaller gain it is not cut
NEAR = 0.02  # a smaller block that costs so much more takes less memory


def update_in_blocks(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """The update of long vectors in blocks, as long as costs least."""
    update, count = program.plain(UPDATE), program.parameter_count
    vectors = [s for s in update if s.axes and not s.where]
    if not vectors or count <= SIZES[0] or not all(map(_by_element, update)):
        return program, "", ()
    costs = {size: _seconds(program, size, setting) for size in (*(b for b in SIZES if b < count), count)}
    names = {WHOLE if b == count else f"blocks of {b:,}": b for b in costs}
    candidates = tuple(zip(names, costs.values(), strict=True))
    rules = Near(NEAR, tuple(names), "smaller blocks"), Margin(WHOLE, WORTH)
    choice = cheapest("update", candidates, "calls, and what a block finds in a cache", *rules)
    if choice.chosen == WHOLE:
        return program, "", (choice,)
    return replace(program, update_block=names[choice.chosen]), f"{choice.chosen} numbers", (choice,)


def _by_element(s: Statement) -> bool:
    """Whether a statement on vectors works element by element, and a scalar reads none but theta, grad and states."""
    return isinstance(s.value, Apply | Read) or not s.axes


@dataclass(frozen=True, slots=True)
class _Pass:
    """One statement on vectors: its function, its arrays, and those that no statement of the block has read before."""

    function: str
    arrays: tuple[str, ...]
    first: tuple[str, ...]


def _passes(program: Program, statements: list[Statement], cut: bool) -> tuple[list[_Pass], set[str]]:
    """The passes of one loop over blocks, and all of its arrays; buffers count as one and are there from the start.

    A step from a state towards it lies in its memory.  All at once, what comes behind the last reading of the gradient
    lies in the gradient's.
    """
    lasting = {a.name for a in program.arrays if a.shape and a.kind != "value"}
    shown = {a.name: a.name if a.name in lasting else "" for a in program.arrays if a.shape}
    towards = {a.name: a.part_of for a in program.arrays if a.part_of in lasting}
    passes, met = list[_Pass](), {""} if cut else set[str]()
    last = [k for k, s in enumerate(statements) if GRAD in reads(s.value)][-1:]
    ends = len(statements) if cut or not last else last[0]
    for k, s in enumerate(statements):
        if shown[s.target] == "":
            state = towards.get(s.target, "")
            shown[s.target] = state if state in reads(s.value) else GRAD if k >= ends else ""
        arrays = tuple(dict.fromkeys(shown[n] for n in (s.target, *reads(s.value)) if n in shown))
        passes.append(_Pass(function_of(s.value), arrays, tuple(a for a in arrays if a not in met)))
        met |= set(arrays)
    return passes, met


def _seconds(program: Program, size: int, setting: Setting) -> float:
    """The update in blocks of so many numbers.

    A pass over k of W arrays, all of them B numbers long, costs for each number what it costs on arrays of W*B/k: then
    as much memory is in use between two reads of a number.  A first pass has all of the vectors in between.
    """
    machine, count = setting.machine, program.parameter_count
    seconds = 0.0
    for vectors, group in groupby(program.plain(UPDATE), key=lambda s: bool(s.axes) and not s.where):
        if not vectors:
            continue
        passes, arrays = _passes(program, list(group), size < count)
        blocks = -(-count // size)
        for p in passes:
            k = len(p.arrays)
            warm, cold = (machine.each(numbers * len(arrays) / k, k, p.function) for numbers in (size, count))
            share = len(p.first) / k
            seconds += blocks * machine.call + count * (share * cold + (1 - share) * warm)
        seconds += machine.call * (blocks * len(arrays) if blocks > 1 else 0)  # the views of each block
    return seconds
