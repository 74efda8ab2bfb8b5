"""A value that begins as a copy of another one and is then added to is the sum of both."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import (
    AddAt,
    Apply,
    Node,
    Program,
    Read,
    RoutineCall,
    Scatter,
    Statement,
    Step,
    Window,
    all_axes,
    axes_of,
    fresh_axis,
    letters_of,
    mapped,
    reads,
    relettered,
    stays_inside,
    walk,
)
from symbp.passes.ledger import counted


def add_at_once(program: Program) -> tuple[Program, str]:
    """Copies left out that only serve to be added to: ``b = a``, ``b += c`` is ``b = a + c``."""
    kinds = {a.name: a.kind for a in program.arrays}
    done: list[Step] = list(program.statements)
    count = 0
    for s in program.statements:
        if not isinstance(s, Statement) or not _is_copy(s) or kinds[s.target] != "value":
            continue
        first = _grown(s, done)
        if first is None:
            continue
        added = done[first]
        assert isinstance(added, Statement)
        total = Apply("add", (_start(s, added), added.value), equation=added.equation)
        done[first] = replace(added, value=total, accumulate=False)
        done.remove(s)
        count += 1
    return replace(program, statements=tuple(done)), f"{counted(count, 'sum')} without a copy" if count else ""


def _is_copy(s: Statement) -> bool:
    """Whether a value is another one, or a part of it."""
    if not s.definition or not s.axes:
        return False
    value = s.value
    if isinstance(value, Window) and stays_inside(value.at) and len(axes_of(value)) <= len(axes_of(value.source)):
        value = value.source
    return isinstance(value, Read) and len(value.axes) == len(s.axes)


def _start(s: Statement, added: Statement) -> Node:
    """What is copied, in the letters of the statement that adds to it."""
    taken = letters_of(added.axes, added.value)
    letters = dict(zip(s.axes, added.axes, strict=True))
    for axis in all_axes(s.value):
        if axis not in letters:
            letters[axis] = fresh_axis(axis, taken)
    return mapped(relettered(s.value, letters), lambda n: replace(n, equation=s.equation))


def _grown(s: Statement, done: list[Step]) -> int | None:
    """The place of the statement that first adds to a copy; None where something reads or changes either before."""
    (source,) = reads(s.value)
    for k in range(done.index(s) + 1, len(done)):
        other = done[k]
        if isinstance(other, RoutineCall) or other.stage != s.stage:
            return None
        if other.target == s.target:
            alike = [a.size for a in other.axes] == [a.size for a in s.axes]
            simple = other.accumulate and alike and other.whole
            scattered = any(isinstance(n, Scatter | AddAt) for n in walk(other.value))
            return k if simple and not scattered and s.target not in reads(other.value) else None
        if s.target in reads(other.value) or other.target == source:
            return None
    return None
