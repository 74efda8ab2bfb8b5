"""Rows that lie a power of two of bytes apart, and whose columns are read, get some numbers more each, where that pays.

A copy that turns such an array reads column after column.  All numbers of a column then share few places of a cache,
and each line of it is gone before its next number is wanted: a copy that turns 64 images of 3 x 32 x 32 numbers took
632 us, 114 us by way of a copy with images 128 bytes further apart, that one included.

A value that nothing reads as a flat array is made so from the start; of an input, whose memory is the caller's, and of
a parameter, which is a part of the flat vector, there is a copy.  Functions of every element take longer where rows
have gaps, by NumPy's loops over them.  Products gain too little: at most 2 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum, prod

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    Apply,
    Array,
    Node,
    Program,
    Read,
    Statement,
    Window,
    free_name,
    reads,
    rows_apart,
    targets_of,
    views_of,
    walk,
)
from symbp.passes.ledger import Choice, Margin, Setting, cheapest, counted
from symbp.passes.pricing import Pricing
from symbp.passes.rooms import may_lie_inside

LINE = 16  # numbers that a line of a cache has
MOST = 0.25  # of an array: what it may grow by
AS_THEY_LIE, MADE, COPIED = "rows as they lie", "rows made further apart", "rows copied further apart"
RULE = Margin(AS_THEY_LIE, 0.1, 5e-6)
KINDS = ("value", "input", "parameter", "constant")


@dataclass(frozen=True, slots=True)
class _Columns:
    """An array, the dimension along which its columns go, and the places of those in a stage who read them."""

    name: str
    stage: str
    dimension: int
    readers: tuple[int, ...]

    @property
    def key(self) -> tuple[str, str, int]:
        return self.name, self.stage, self.dimension


def lay_rows_apart(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Arrays whose columns are read have rows that do not lie a power of two apart, where that costs less."""
    choices, names, seen = list[Choice](), list[str](), set[tuple[str, str, int]]()
    while new := [c for c in _found(program, setting) if c.key not in seen]:
        columns = new[0]
        seen.add(columns.key)
        longer = _longer(program, columns, setting)
        options = {AS_THEY_LIE: program, **(_options(program, columns, longer) if longer else {})}
        prices = tuple((text, _price(p, columns.name, setting)) for text, p in options.items())
        if len(options) > 1:
            choice = cheapest(f"rows of {columns.name}", prices, "all calls on them, copies included", RULE)
            choices.append(choice)
            names += [_stem(program, columns.name)] if choice.chosen != AS_THEY_LIE else []
            program = options[choice.chosen]
    did = f"{counted(len(names), 'array')} with rows further apart: {', '.join(names)}" if names else ""
    return program, did, tuple(choices)


def _found(program: Program, setting: Setting) -> list[_Columns]:
    """The arrays whose columns lie badly for those who read them."""
    pricing, found = Pricing(setting), dict[tuple[str, str, int], list[int]]()
    arrays = {a.name: a for a in program.arrays}
    for place, s in enumerate(program.statements):
        if isinstance(s, Statement) and s.whole and not s.kernel and s.stage in (FORWARD, LOSS, BACKWARD):
            for node in _operands(s.value):
                (read, at) = (node.source, node.at) if isinstance(node, Window) else (node, ())
                if not isinstance(read, Read) or not _plain(arrays[read.name], read):
                    continue
                if pricing.aliased(s.axes, read.axes, at):
                    letters = [axis for axis, p in at if (s.axes[-1], 1) in p.terms]
                    dimension = read.axes.index(letters[0] if letters else s.axes[-1])
                    found.setdefault((read.name, s.stage, dimension), []).append(place)
    made = [_Columns(*key, tuple(places)) for key, places in found.items()]
    return [c for c in made if _settled(program, c)]


def _operands(value: Node) -> Sequence[Node]:
    """What a call reads number by number, in an order of its own."""
    if isinstance(value, Apply):
        return [n for n in value.args if isinstance(n, Read | Window)]
    return [value] if isinstance(value, Read | Window) else []


def _plain(array: Array, read: Read) -> bool:
    """Whether an array lies in memory of its own, and is read with its own dimensions."""
    alone = not (array.view_of or array.padding or array.rows or array.place) and array.ones < 0
    return alone and array.kind in KINDS and array.dtype == "real" and array.shape == tuple(a.size for a in read.axes)


def _settled(program: Program, columns: _Columns) -> bool:
    """Whether an array has its value before the first of these readers and keeps it until the last one."""
    made = [k for k, s in enumerate(program.statements) if columns.name in targets_of(s)]
    return not any(a.view_of == columns.name for a in program.arrays) and all(k < columns.readers[0] for k in made)


def _longer(program: Program, columns: _Columns, setting: Setting) -> tuple[int | str, ...]:
    """The shape with the least more room of which a column lies well; () where there is none."""
    shape, fitting = program.array(columns.name).shape, list[tuple[float, tuple[int | str, ...]]]()
    rows = setting.size(shape[columns.dimension])
    for k in range(columns.dimension + 1, len(shape)):
        size, behind = shape[k], prod(map(setting.size, shape[k + 1 :]))
        if isinstance(size, int):
            more = -(-LINE // behind)
            longer = (*shape[:k], size + more, *shape[k + 1 :])
            distance = 4 * prod(map(setting.size, longer[columns.dimension + 1 :]))
            if more <= MOST * size and not setting.machine.aliased(rows, distance):
                fitting.append((more / size, longer))
    return min(fitting, key=lambda f: f[0])[1] if fitting else ()


def _options(program: Program, columns: _Columns, longer: tuple[int | str, ...]) -> dict[str, Program]:
    """The programs with rows further apart."""
    taken, array = {a.name for a in program.arrays}, program.array(columns.name)
    whole = Array(free_name(f"wide_{_stem(program, array.name)}", taken), longer, "padded", data=(0.0,))
    inside = replace(array, kind="value", view_of=whole.name, shift=(0,) * len(longer))
    options = {COPIED: _copied(program, columns, whole, inside)}
    if may_lie_inside(array.name, whole, program):
        arrays = (inside if a.name == array.name else a for a in program.arrays)
        options[MADE] = replace(program, arrays=(*arrays, whole))
    return options


def _copied(program: Program, columns: _Columns, whole: Array, inside: Array) -> Program:
    """The program with a copy of an array in front of the first statement that reads its columns."""
    name, taken = columns.name, {a.name for a in program.arrays}
    copy = free_name(f"{_stem(program, name)}_apart", taken)
    statements = list(program.statements)
    for k in columns.readers:
        s = statements[k]
        assert isinstance(s, Statement)
        statements[k] = s.reading({name: copy})
    first = program.statements[columns.readers[0]]
    assert isinstance(first, Statement)
    read = next(n for n in walk(first.value) if isinstance(n, Read) and n.name == name)
    made = Statement(copy, read.axes, read, first.stage, first.equation, node=first.node)
    statements.insert(columns.readers[0], made)
    own = Array(copy, inside.shape, view_of=whole.name, shift=inside.shift)
    return replace(program, arrays=(*program.arrays, whole, own), statements=tuple(statements))


def _stem(program: Program, name: str) -> str:
    """The array itself, or what a value in between leads to: that one has no name yet."""
    return program.array(name).part_of or name


def _price(program: Program, name: str, setting: Setting) -> float:
    """The seconds of all statements of a step that make or read an array, or its copy."""
    apart, views = rows_apart(program.arrays, program.statements), views_of(program.arrays)
    copies = {s.target for s in program.statements if isinstance(s, Statement) and s.target in apart and _of(s, name)}
    layers = {o.node: o.layer for o in program.origins}
    pricing, own = Pricing(setting, layers, apart), {name, *copies}
    met = (s for s in program.statements if isinstance(s, Statement) and s.axes and own & {s.target, *reads(s.value)})
    assert not own & set(views.values())
    return fsum(setting.steps(s.loop) * pricing.seconds(s) for s in met)


def _of(s: Statement, name: str) -> bool:
    return isinstance(s.value, Read) and s.value.name == name
