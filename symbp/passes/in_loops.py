"""Rows that a loop reads step by step are looked up step by step: the memory of all steps is in no cache by then.

The table of input products of a recurrence is small, what is looked up in it is as large as the labels are many:
written in front of the loop and read back step by step, it goes through the memory twice.  Measured on an LSTM with 32
steps of 32 x 512 numbers: 370 microseconds in front of the loop and in it, 245 where each step looks up its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symbp.lower.model import (
    STEP,
    Array,
    At,
    Axis,
    Loop,
    Node,
    Pick,
    Program,
    Read,
    Statement,
    Step,
    blocks,
    free_name,
    mapped,
    read_arrays,
    targets_of,
    views_of,
    walk,
)
from symbp.passes.ledger import Choice, Setting, cheapest, counted
from symbp.passes.lookups import lookups_of
from symbp.passes.machine import UNCACHED

FRONT, INSIDE = "for all steps at once", "step by step"


def look_up_in_loops(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Rows of tables that one loop reads, each at its step, looked up in that loop where memory is what costs."""
    arrays = {a.name: a for a in program.arrays}
    candidates = [c for name in lookups_of(program) for c in _candidates(program, name)]
    choices = tuple(_choice(c, setting) for c in candidates)
    chosen = [c for c, choice in zip(candidates, choices, strict=True) if choice.chosen == INSIDE]
    statements = [*program.statements]
    for candidate in chosen:
        statements = _moved(statements, candidate, arrays)
    if not chosen:
        return program, "", choices
    kept = tuple(a for name, a in arrays.items() if name not in {c.made.target for c in chosen})
    did = f"{counted(len(chosen), 'look-up')} into loops"
    return replace(program, arrays=kept, statements=tuple(statements)), did, choices


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Rows looked up in front of a loop, by which they alone are read, each at its step along `axis`."""

    made: Statement
    pick: Pick
    labels: Read
    axis: Axis
    loop: Loop


def _candidates(program: Program, name: str) -> list[_Candidate]:
    """The one candidate, or none."""
    made = [s for s in program.statements if isinstance(s, Statement) and s.target == name]
    readers = [s for s in program.statements if name in read_arrays(s, views_of(program.arrays))]
    pick = made[0].value if len(made) == 1 else None
    if not isinstance(pick, Pick) or not isinstance(pick.labels, Read) or name in program.lasting:
        return []
    loops = {s.loop if isinstance(s, Statement) else None for s in readers}
    loop = next(iter(loops)) if len(loops) == 1 else None
    if loop is None:
        return []
    places = {_place(s.value, name) for s in readers if isinstance(s, Statement)}
    place = next(iter(places)) if len(places) == 1 else None
    axis = made[0].axes[place] if place is not None else None
    fits = axis is not None and axis in pick.labels.axes and len(pick.labels.axes) > 1
    return [_Candidate(made[0], pick, pick.labels, axis, loop)] if fits and axis is not None else []


def _place(node: Node, name: str) -> int | None:
    """Along which dimension every read of an array is one at the present step; None where one is not."""
    reads = [n for n in walk(node) if isinstance(n, Read) and n.name == name]
    steps = [n for n in walk(node) if isinstance(n, At) and n.place == STEP and n.body in reads]
    found = {n.body.axes.index(n.axis) for n in steps if isinstance(n.body, Read)}
    return found.pop() if len(steps) == len(reads) and len(found) == 1 else None


def _choice(c: _Candidate, setting: Setting) -> Choice:
    """What is looked up for all steps is written to memory and read back, what is for one step stays in a cache."""
    machine, steps = setting.machine, setting.extent((c.axis,))
    every, run = setting.extent(c.made.axes), setting.extent(tuple(a for a in c.made.axes if a not in c.labels.axes))

    uncached = machine.each(UNCACHED)
    cold = every * (uncached + max(0.0, uncached - machine.each(every)))
    warm = every * machine.each(max(1, every // steps))
    front = machine.gather(every, run) + cold
    ways = ((FRONT, front), (INSIDE, steps * machine.gather(every / steps, run) + warm))
    reason = "all steps together may leave the cache before they are read"
    return cheapest(f"rows {c.made.target} of a loop", ways, reason)


def _moved(statements: list[Step], c: _Candidate, arrays: dict[str, Array]) -> list[Step]:
    """The statements with the look-up in the loop."""
    made = c.made
    axes = tuple(a for a in made.axes if a != c.axis)
    now = free_name(f"{made.target}_now", arrays)
    arrays[now] = replace(arrays[made.target], name=now, shape=tuple(a.size for a in axes))
    before, labels = list[Step](), c.labels
    if labels.axes[0] != c.axis:
        order = (c.axis, *(a for a in labels.axes if a != c.axis))
        turned = free_name(f"turned_{labels.name}", arrays)
        arrays[turned] = Array(turned, tuple(a.size for a in order), dtype="index")
        before.append(Statement(turned, order, labels, made.stage, made.equation, node=made.node))
        labels = Read(turned, order, equation=labels.equation)
    value = replace(c.pick, labels=At(labels, c.axis, STEP, equation=c.pick.equation))
    inside = replace(made, target=now, axes=axes, value=value, loop=c.loop)

    def change(node: Node) -> Node:
        if isinstance(node, At) and isinstance(node.body, Read) and node.body.name == made.target:
            return Read(now, tuple(a for a in node.body.axes if a != node.axis), equation=node.equation)
        return node

    done: list[Step] = []
    for block in blocks(statements):
        first = block[0]
        here = isinstance(first, Statement) and first.loop == c.loop and first.stage == made.stage
        done += [inside] if here else []
        rest = [s for s in block if made.target not in targets_of(s)]
        done += (replace(s, value=mapped(s.value, change)) if isinstance(s, Statement) else s for s in rest)
        done += before if len(rest) < len(block) else []
    return done
