"""What a step puts tap by tap lies in the blocks in which a product wants it: it is never put in order.

The gradient of a maximum over windows of 2 x 2 fills ``dz[c,2*p+u,2*q+v,n]`` one tap after the other, and a convolution
in blocks of 2 x 2 reads ``dz`` as a matrix of rows ``[b,d,c]``.  In an array ``dz[b,d,c,p,q,n]`` each tap is one part
without gaps, and that matrix is there without a copy.  Who wants it in order, as a gradient by the input that training
never asks for, has a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symbp.lower.model import (
    Affine,
    Apply,
    Array,
    Axis,
    Node,
    Program,
    Read,
    RoutineCall,
    Scatter,
    Statement,
    Step,
    axes_of,
    free_name,
    fresh_axis,
    letters_of,
    mapped,
    targets_of,
    walk,
)
from symbp.passes.ledger import counted
from symbp.passes.turning import blocks_of

Letters = tuple[tuple[Axis, ...], ...]  # for each dimension: one letter, or that of blocks and that inside of a block


@dataclass(frozen=True, slots=True)
class Stored:
    """A value that is filled tap by tap, and the copy that has it in blocks."""

    fill: Statement
    copy: Statement
    letters: Letters  # of the copy, for each dimension of the value


def store_in_blocks(program: Program) -> tuple[Program, str]:
    """Values that are put tap by tap lie in the blocks in which products read them."""
    count = 0
    while (found := _first(program)) is not None:
        program, count = _in_blocks(found, program), count + 1
    return program, f"{counted(count, 'value')} put in blocks" if count else ""


def _first(program: Program) -> Stored | None:
    """The first value that can be put in blocks."""
    scatters = (s for s in program.statements if isinstance(s, Statement) and isinstance(s.value, Scatter))
    return next((found for s in scatters if (found := _stored(s, program)) is not None), None)


def _stored(s: Statement, program: Program) -> Stored | None:
    """A value that one statement fills tap by tap, and a copy of it that has blocks of these taps."""
    arrays = {a.name: a for a in program.arrays}
    own, fills = arrays[s.target], [t for t in program.statements if s.target in targets_of(t)]
    views = any(a.view_of == s.target for a in program.arrays)
    plain = own.kind == "value" and not (own.padding or own.view_of or views or s.target in program.lasting)
    if not plain or not _is_fill(s, own) or len(fills) != 1:
        return None
    for copy in program.statements:
        if isinstance(copy, RoutineCall):
            if s.target in copy.read:
                return None
        elif _is_copy(copy, s, program, arrays[copy.target]):
            assert isinstance(copy.value, Read)
            letters = _letters(copy.value.axes, own.shape)
            if letters is not None and may_be_stored(s, letters):
                return Stored(s, copy, letters)
    return None


def _is_fill(s: Statement, own: Array) -> bool:
    """Whether a statement puts its values at taps that it chooses by a condition."""
    whole = s.definition and not (s.loop or s.at or s.where or s.kernel) and tuple(a.size for a in s.axes) == own.shape
    return whole and isinstance(s.value, Scatter) and isinstance(s.value.body, Apply)


def _is_copy(copy: Statement, s: Statement, program: Program, target: Array) -> bool:
    """Whether a statement alone fills a step towards something with all of the value, for the same part of a step."""
    read = copy.value
    if not isinstance(read, Read) or read.name != s.target or copy.stage != s.stage or not copy.definition:
        return False
    whole = target.kind == "value" and bool(target.part_of) and tuple(a.size for a in copy.axes) == target.shape
    alone = sum(copy.target in targets_of(t) for t in program.statements) == 1
    return whole and alone and set(read.axes) == set(copy.axes) and not (copy.loop or target.padding or target.view_of)


def _letters(axes: tuple[Axis, ...], shape: Sequence[int | str]) -> Letters | None:
    """The letters that read each dimension, one or two; None where some are read otherwise, or none by two."""
    blocks = blocks_of(shape, [a.size for a in axes])
    if blocks is None or any(len(dims) > 1 or len(own) > 2 for dims, own in blocks):
        return None
    letters = tuple(tuple(axes[i] for i in own) for _, own in blocks)
    return letters if any(len(own) == 2 for own in letters) else None


def may_be_stored(s: Statement, letters: Letters) -> bool:
    """Whether the places inside of blocks are those of taps."""
    assert isinstance(s.value, Scatter) and isinstance(s.value.body, Apply)
    places, kept = dict(s.value.at), axes_of(s.value.body.args[0])
    for axis, own in zip(s.axes, letters, strict=True):
        if len(own) == 1:
            continue
        parts = _parts(places.get(axis), own)
        if parts is None or parts[0] not in kept or parts[1] in kept:
            return False
    return True


def _parts(place: Affine | None, own: tuple[Axis, ...]) -> tuple[Axis, Axis] | None:
    """The axes of a place that count blocks of such a size, and the places inside of one."""
    block, inside = own
    by = {factor: axis for axis, factor in place.terms} if place is not None else {}
    count, within = by.get(inside.size) if isinstance(inside.size, int) else None, by.get(1)
    if place is None or count is None or within is None or len(place.terms) != 2 or place.offset or place.sizes:
        return None
    return (count, within) if (count.size, within.size) == (block.size, inside.size) else None


def _in_blocks(found: Stored, program: Program) -> Program:
    """The program with the value in the blocks of the copy."""
    name, gone = found.fill.target, found.copy.target
    arrays = {a.name: a for a in program.arrays}
    ordered = free_name(f"ordered_{name}", arrays)
    done = list[Step]()
    for s in program.statements:
        if s is found.fill:
            done.append(filled(found))
        elif isinstance(s, RoutineCall):
            done.append(s)
        elif s is not found.copy:
            if ordered not in arrays and _in_order(s, found):
                arrays[ordered] = replace(arrays[name], name=ordered, part_of=name)
                done.append(_copy_in_order(found, ordered, s))
            done.append(replace(s, value=mapped(s.value, lambda n: _read(n, found, ordered))))
    arrays[name] = replace(arrays[name], shape=arrays[gone].shape, turned=())
    made = tuple(a for a in arrays.values() if a.name != gone)
    return replace(program, arrays=made, statements=tuple(done))


def filled(found: Stored) -> Statement:
    """The statement that fills the value, in blocks."""
    s = found.fill
    assert isinstance(s.value, Scatter)
    taken, places = letters_of(s.axes, s.value), dict(s.value.at)
    named, at, over = dict[Axis, Axis](), list[tuple[Axis, Affine]](), list(s.value.over)
    for axis, own in zip(s.axes, found.letters, strict=True):
        parts = _parts(places.get(axis), own) if len(own) == 2 else None
        if parts is None:
            named[own[0]] = axis
            at += [(axis, places[axis])] if axis in places else []
            continue
        count, within = parts
        inside = fresh_axis(Axis("b", within.size), taken)
        named |= {own[0]: count, own[1]: inside}
        at.append((inside, Affine(((within, 1),))))
        over.remove(count)
    value = replace(s.value, at=tuple(at), over=tuple(over))
    return replace(s, axes=tuple(named[a] for a in found.copy.axes), value=value)


def _read(node: Node, found: Stored, ordered: str) -> Node:
    """A read of the copy, or of the value in the same blocks, as one of the value; another one as one in order."""
    if not isinstance(node, Read):
        return node
    if node.name == found.copy.target:
        return replace(node, name=found.fill.target)
    if node.name != found.fill.target:
        return node
    letters = _alike(node, found)
    if letters is None:
        return replace(node, name=ordered)
    return replace(node, axes=tuple(letters[a] for a in found.copy.axes))


def _alike(node: Read, found: Stored) -> dict[Axis, Axis] | None:
    """The letters of a read of the value by those of the copy, where it has the same blocks."""
    own = tuple(a for letters in found.letters for a in letters)
    same = [a.size for a in own] == [a.size for a in node.axes]
    return dict(zip(own, node.axes, strict=True)) if same else None


def _in_order(s: Statement, found: Stored) -> bool:
    """Whether a statement reads the value otherwise than in blocks."""
    own = (n for n in walk(s.value) if isinstance(n, Read) and n.name == found.fill.target)
    return any(_alike(n, found) is None for n in own)


def _copy_in_order(found: Stored, ordered: str, reader: Statement) -> Statement:
    """The statement that puts the value in order for a reader."""
    axes = tuple(a for letters in found.letters for a in letters)
    value = Read(found.fill.target, found.copy.axes, equation=reader.equation)
    return Statement(ordered, axes, value, reader.stage, reader.equation, node=reader.node)
