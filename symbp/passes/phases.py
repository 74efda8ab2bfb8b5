"""A value that is computed in blocks and read place by place of a block stays in blocks: it is never put in order.

A convolution in blocks of 2 x 2 gives ``z[b,d,c,p,q,n]`` for ``z[c,2*p+b,2*q+d,n]``.  A maximum over windows of the
same size then takes whole arrays, ``z[u,v]``, in the place of slices with a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbp.lower.model import (
    Affine,
    Array,
    Axis,
    Node,
    Program,
    Read,
    RoutineCall,
    Statement,
    Step,
    Window,
    fresh_axis,
    letters_of,
    read_arrays,
    targets_of,
    walk,
    with_children,
)
from symbp.passes.ledger import counted
from symbp.passes.turning import blocks_of


@dataclass(frozen=True, slots=True)
class Blocks:
    """A copy that puts blocks in order: the value in blocks, and the letters of each dimension of the copy."""

    copy: Statement
    value: Read
    letters: tuple[tuple[Axis, ...], ...]


def keep_blocks(program: Program) -> tuple[Program, str]:
    """Values that are read place by place of a block lie in blocks."""
    arrays = {a.name: a for a in program.arrays}
    found = {b.copy.target: b for s in program.statements if (b := _blocks(s, program, arrays)) is not None}
    kept = {name: b for name, b in found.items() if all(fits(s, b) for s in program.statements if s is not b.copy)}
    if not kept:
        return program, ""
    renamed = {b.value.name: name for name, b in kept.items()}
    done: list[Step] = []
    for s in program.statements:
        if not isinstance(s, Statement):
            done.append(s)
        elif s.target not in kept:
            taken = letters_of(s.axes, s.value)
            value = _rewritten(s.value, kept, taken)
            done.append(replace(s, target=renamed.get(s.target, s.target), value=value))
    shapes = {name: arrays[b.value.name].shape for name, b in kept.items()}
    own = (replace(a, shape=shapes[a.name], turned=()) if a.name in kept else a for a in program.arrays)
    made = replace(program, arrays=tuple(a for a in own if a.name not in renamed), statements=tuple(done))
    return made, f"{counted(len(kept), 'value')} in blocks"


def _blocks(s: Step, program: Program, arrays: Mapping[str, Array]) -> Blocks | None:
    """A statement as a copy of blocks, if it is the only reader of a step towards its target."""
    if not isinstance(s, Statement) or not isinstance(s.value, Read) or not s.definition:
        return None
    target, source = arrays[s.target], arrays[s.value.name]
    plain = target.kind == source.kind == "value" and not (target.padding or target.view_of or source.padding)
    if not plain or s.target in program.lasting or source.part_of != s.target or set(s.axes) != set(s.value.axes):
        return None
    blocks = blocks_of(target.shape, [a.size for a in s.axes])
    if blocks is None or all(len(own) == 1 for _, own in blocks) or any(len(dims) > 1 for dims, _ in blocks):
        return None
    if any(len(own) > 2 for _, own in blocks) or tuple(a.size for a in s.value.axes) != source.shape:
        return None
    made = [t for t in program.statements if {s.target, source.name} & set(targets_of(t))]
    readers = [t for t in program.statements if source.name in read_arrays(t, {})]
    if len(made) != 2 or len(readers) != 1:
        return None
    return Blocks(s, s.value, tuple(tuple(s.axes[i] for i in own) for _, own in blocks))


def fits(s: Step, b: Blocks) -> bool:
    """Whether a statement reads the copy by windows that lie inside of blocks, or not at all."""
    if isinstance(s, RoutineCall):
        return b.copy.target not in (*s.read, *s.targets)
    reads = sum(isinstance(n, Read) and n.name == b.copy.target for n in walk(s.value))
    windows = [n for n in walk(s.value) if isinstance(n, Window) and _read(n, b.copy.target)]
    return reads == len(windows) and all(_parts(n, b) is not None for n in windows)


def _read(node: Window, name: str) -> bool:
    return isinstance(node.source, Read) and node.source.name == name


def _parts(node: Window, b: Blocks) -> dict[Axis, tuple[Axis, Axis]] | None:
    """For each axis of the copy that has blocks: the letter that counts them, and the one inside of a block."""
    assert isinstance(node.source, Read)
    places, found = dict(node.at), dict[Axis, tuple[Axis, Axis]]()
    if len(node.source.axes) != len(b.letters):
        return None
    for axis, letters in zip(node.source.axes, b.letters, strict=True):
        if len(letters) == 1:
            continue
        (block, inside), place = letters, places.get(axis, Affine(()))
        factors = {f: a for a, f in place.terms}
        count, within = factors.get(inside.size) if isinstance(inside.size, int) else None, factors.get(1)
        if count is None or within is None or len(place.terms) != 2 or place.offset or place.sizes:
            return None
        if count.size != block.size or within.size != inside.size:
            return None
        found[axis] = (count, within)
    return found


def in_blocks(node: Node, b: Blocks) -> Node:
    """A value with windows of a copy that fit as windows of what it is a copy of."""
    return _rewritten(node, {b.copy.target: b}, letters_of(b.copy.axes, node))


def _rewritten(node: Node, kept: Mapping[str, Blocks], taken: set[str]) -> Node:
    """A value with windows of copies as windows of what they are copies of."""
    if isinstance(node, Window) and isinstance(node.source, Read) and node.source.name in kept:
        return _window(node, node.source, kept[node.source.name], taken)
    return with_children(node, tuple(_rewritten(c, kept, taken) for c in node.children)) if node.children else node


def _window(node: Window, source: Read, b: Blocks, taken: set[str]) -> Window:
    parts = _parts(node, b)
    assert parts is not None, "every read was looked at"
    letters: dict[Axis, Axis] = {}
    at = [(axis, place) for axis, place in node.at if axis not in parts]
    for axis, own in zip(source.axes, b.letters, strict=True):
        if len(own) == 1:
            letters[own[0]] = axis
            continue
        count, within = parts[axis]
        place = fresh_axis(Axis("b", own[1].size), taken)
        letters |= {own[0]: count, own[1]: place}
        at.append((place, Affine(((within, 1),))))
    return replace(node, source=replace(source, axes=tuple(letters[a] for a in b.value.axes)), at=tuple(at))
