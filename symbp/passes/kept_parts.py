"""Of what a loop forms in each step, only the part is kept that something else reads.

A GRU forms ``q[n,a,j]`` for three gates in each step, of which the backward pass reads the last: all three written for
all steps go to memory that no cache has, and are read back from between the others.  A step's own array stays in the
cache, and its last part is copied.  Measured on a tagger with 40 steps of 24 x 288 numbers: 230 microseconds of 7,950
less, and two thirds of that memory.
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
    Program,
    Read,
    Statement,
    Step,
    axes_of,
    free_name,
    read_arrays,
    targets_of,
    walk,
    with_children,
)
from symbp.notation.expr import Expr, Num
from symbp.passes.ledger import Choice, Setting, cheapest, counted
from symbp.passes.machine import UNCACHED

WHOLE, PART = "all of it", "the part that is read"


def keep_parts(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Arrays that the steps of a loop fill, of which all else reads one part: this part alone is kept."""
    if program.brief:
        return program, "", ()
    choices, count = list[Choice](), 0
    for s in program.statements:
        found = _candidate(program, s) if isinstance(s, Statement) else None
        if found is None:
            continue
        choices.append(_choice(found, setting))
        if choices[-1].chosen == PART:
            program, count = _kept(program, found), count + 1
    did = f"{counted(count, 'array')} kept in part" if count else ""
    return program, did, tuple(choices)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A statement that fills an array step by step; elsewhere it is read at this place of this dimension."""

    made: Statement
    loop: Loop
    dimension: int
    place: Expr

    @property
    def name(self) -> str:
        return self.made.target


def _candidate(program: Program, s: Statement) -> _Candidate | None:
    arrays = {a.name: a for a in program.arrays}
    array = arrays[s.target]
    plain = array.kind == "value" and not (array.view_of or array.padding or s.target in program.lasting)
    alone = not any(a.view_of == s.target for a in program.arrays)
    if s.loop is None or s.loop.parts or s.accumulate or s.at != ((0, STEP),) or not (plain and alone):
        return None
    elsewhere = list[dict[int, Expr]]()
    for other in program.statements:
        if other is not s and s.target in targets_of(other):
            return None
        if s.target not in read_arrays(other, {}):
            continue
        found = _places(other.value, s.target) if isinstance(other, Statement) else None
        if found is None or not isinstance(other, Statement):
            return None
        if other.loop != s.loop:
            elsewhere += found
        elif any(places.get(0) != STEP for places in found):
            return None
    same = {(d, place) for d, place in elsewhere[0].items() if d and isinstance(place, Num)} if elsewhere else set()
    for places in elsewhere[1:]:
        same &= set(places.items())
    return _Candidate(s, s.loop, *min(same, key=lambda item: item[0])) if same else None


def _at(node: Node, name: str) -> tuple[Read, list[At]] | None:
    """A read of the array, and the places at which it is read, the outermost first."""
    ats = list[At]()
    while isinstance(node, At):
        ats.append(node)
        node = node.body
    return (node, ats) if isinstance(node, Read) and node.name == name else None


def _places(value: Node, name: str) -> list[dict[int, Expr]] | None:
    """Of every read of the array the places by dimension; None where one is read whole."""
    found, inside = list[dict[int, Expr]](), set[int]()
    for node in walk(value):
        known = _at(node, name) if id(node) not in inside else None
        if known is None:
            continue
        read, ats = known
        if not ats or any(at.axis not in read.axes for at in ats):
            return None
        inside |= {id(below) for below in walk(node)}
        found.append({read.axes.index(at.axis): at.place for at in ats})
    return found


def _choice(c: _Candidate, setting: Setting) -> Choice:
    """What is written for all steps goes to memory that has left the caches since the step before."""
    machine, steps = setting.machine, setting.extent((c.loop.axis,))
    one = setting.extent(c.made.axes)
    part = one // setting.extent((c.made.axes[c.dimension - 1],))
    run = setting.extent(c.made.axes[c.dimension :])
    cold, warm = machine.each(UNCACHED, 1), machine.each(one, 1)
    whole = steps * one * cold + machine.elementwise(steps * part, 2, run)
    copies = steps * machine.copy(part, run) + steps * part * (cold - warm)
    kept = steps * one * warm + copies + machine.elementwise(steps * part, 2)
    ways = ((WHOLE, whole), (PART, kept))
    return cheapest(f"{c.name} of all steps", ways, "the memory of one step stays in a cache, that of all may not")


def _kept(program: Program, c: _Candidate) -> Program:
    """The program with an array of one step, and one of its part in all steps."""
    arrays = {a.name: a for a in program.arrays}
    whole = arrays.pop(c.name)
    now, part = free_name(f"{c.name}_now", arrays), free_name(f"kept_{c.name}", arrays)
    arrays[now] = Array(now, whole.shape[1:], dtype=whole.dtype)
    shape = tuple(size for d, size in enumerate(whole.shape) if d != c.dimension)
    turned = tuple(d - (d > c.dimension) for d in whole.turned if d != c.dimension)
    arrays[part] = Array(part, shape, dtype=whole.dtype, turned=turned)
    axis = c.made.axes[c.dimension - 1]
    value = At(Read(now, c.made.axes, equation=c.made.equation), axis, c.place, equation=c.made.equation)
    rest = tuple(a for a in c.made.axes if a != axis)
    statements: list[Step] = []
    for s in program.statements:
        if s is c.made:
            statements.append(replace(c.made, target=now, at=()))
            statements.append(replace(c.made, target=part, axes=rest, value=value))
        elif isinstance(s, Statement):
            statements.append(replace(s, value=_changed(s.value, c, now, part)))
        else:
            statements.append(s)
    return replace(program, arrays=tuple(arrays.values()), statements=tuple(statements))


def _changed(node: Node, c: _Candidate, now: str, part: str) -> Node:
    """The expression with the two arrays in the place of the one."""
    known = _at(node, c.name)
    if known is None:
        return with_children(node, tuple(_changed(child, c, now, part) for child in node.children))
    read, ats = known
    step, axis = read.axes[0], read.axes[c.dimension]
    partly = any(at.axis == axis and at.place == c.place for at in ats)
    gone: Axis = axis if partly else step
    made: Node = replace(read, name=part if partly else now, axes=tuple(a for a in read.axes if a != gone))
    for at in reversed(ats):
        made = replace(at, body=made) if at.axis != gone else made
    assert axes_of(made) == axes_of(node)
    return made
