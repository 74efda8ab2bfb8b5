"""A value that is read beside zeros lies between them from the start: ``a`` is the inside of ``padded_a``.

The copy into the padded array is then never made.  Nothing else lies in that memory, since its border holds zeros for
good; what a function of every element turns into such a value lies there too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbp.lower.model import (
    INPUT,
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Program,
    Read,
    RoutineCall,
    Scatter,
    Statement,
    Step,
    Window,
    axes_of,
    is_shift,
    reads,
    targets_of,
    walk,
)
from symbp.passes.ledger import counted
from symbp.passes.places import overwritable


def lay_inside(program: Program) -> tuple[Program, str]:
    """Values that are copied into padded arrays lie there from the start."""
    count = 0
    while (done := _first(program)) is not None:
        program, count = done, count + 1
    return program, f"{counted(count, 'value')} inside padded arrays" if count else ""


def _first(program: Program) -> Program | None:
    """The program without one copy into a padded array."""
    arrays = {a.name: a for a in program.arrays}
    for copy in program.statements:
        if isinstance(copy, Statement) and (starts := _starts(copy, arrays, program)) is not None:
            (name,) = reads(copy.value)
            names = [name, *_in_front(name, copy.target, program)]
            moved = (replace(a, view_of=copy.target, shift=starts) if a.name in names else a for a in program.arrays)
            return replace(
                program, arrays=tuple(moved), statements=tuple(s for s in program.statements if s is not copy)
            )
    return None


def _starts(copy: Statement, arrays: Mapping[str, Array], program: Program) -> tuple[int, ...] | None:
    """Where a value lies in the padded array that a statement copies it into; None where it cannot lie there."""
    value, whole = copy.value, arrays[copy.target]
    if whole.kind != "padded" or copy.loop or copy.at or copy.stage.startswith(INPUT):
        return None
    if not (isinstance(value, Window) and is_shift(value) and isinstance(value.source, Read)):
        return None
    source = arrays[value.source.name]
    starts = _places(value, copy.axes)
    if starts is None or len(starts) != len(source.shape) or not may_lie_inside(source.name, whole, program):
        return None
    if sum(copy.target in targets_of(s) for s in program.statements) > 1:
        return None
    return starts


def _places(value: Window, axes: Sequence[Axis]) -> tuple[int, ...] | None:
    """Where each dimension of the source begins in the padded array, which holds all of it in the same order."""
    places, found, order = dict(value.at), list[int](), list[Axis]()
    for axis in axes_of(value.source):
        place = places.get(axis)
        own, start = (axis, 0) if place is None else (place.axes[0], -place.offset)
        whole = isinstance(own.size, int) and isinstance(axis.size, int) and start + axis.size <= own.size
        if own != axis and not (whole and start >= 0):
            return None
        found.append(start)
        order.append(own)
    return tuple(found) if tuple(order) == tuple(axes) else None


def may_lie_inside(name: str, whole: Array, program: Program) -> bool:
    """Whether a value may lie with gaps, if it has any then, in memory that no other value has."""
    array = program.array(name)
    plain = array.kind == "value" and array.dtype == "real" and not (array.view_of or array.padding)
    if not plain or name in program.lasting or any(a.view_of == name for a in program.arrays):
        return False
    if any(name in pair for pair in program.probabilities):
        return False
    return all(_bears(s, array, whole.shape[1:] == array.shape[1:]) for s in program.statements)


def _bears(s: Step, array: Array, gapless: bool) -> bool:
    """Whether a statement can fill and read an array that lies inside of another one."""
    if isinstance(s, RoutineCall):
        return array.name not in (*s.targets, *s.read)
    met = array.name == s.target or array.name in reads(s.value)
    if not met:
        return True
    if s.loop or s.at or s.where or s.kernel:
        return False
    own = [n.axes for n in walk(s.value) if isinstance(n, Read) and n.name == array.name]
    own += [s.axes] if s.target == array.name else []
    split = any(tuple(a.size for a in axes) != array.shape for axes in own)
    return gapless or (not split and _by_element(s.value))


def _by_element(node: Node) -> bool:
    """Whether a call takes its operands as they lie, gaps or not."""
    if isinstance(node, Fold):
        return isinstance(node.body, Window)
    return isinstance(node, Apply | Window | Scatter | Read)


def _in_front(name: str, whole: str, program: Program) -> list[str]:
    """The values that functions of every element turn into this one, and that nothing needs afterwards."""
    found, padded = list[str](), program.array(whole)
    while True:
        made = [s for s in program.statements if name in targets_of(s)]
        if len(made) != 1 or not isinstance(made[0], Statement):
            return found
        shape = program.array(name).shape
        over = [n for n in overwritable(made[0]) if program.array(n).shape == shape and n not in found]
        free = [n for n in over if may_lie_inside(n, padded, program) and _ends_with(n, made[0], program)]
        if len(free) != 1:
            return found
        (name,) = free
        found.append(name)


def _ends_with(name: str, s: Statement, program: Program) -> bool:
    """Whether a value is made in the part of a step in which a statement is the last one that reads it."""
    users = [t for t in program.statements if name in (t.read if isinstance(t, RoutineCall) else reads(t.value))]
    made = [t for t in program.statements if name in targets_of(t)]
    return bool(users) and users[-1] is s and all(t.stage == s.stage for t in made)
