"""The optimiser's statements: calls on the flat vectors, in blocks that stay in the cache where these are long."""

from __future__ import annotations

import textwrap
from itertools import groupby

from symbp.emit.brief import filled_first
from symbp.emit.buffers import shared
from symbp.emit.calls import Emitter
from symbp.emit.compiled.calling import Calling, kernel_lines
from symbp.emit.layout import INDENT, WIDTH, listed
from symbp.emit.model import Buffer, Line
from symbp.emit.wrapping import statement
from symbp.lower.model import GRAD, UPDATE, Read, Statement, reads, walk

SPENT = "The update goes on in the gradient's memory, once it has read the gradient."
FLUSHED_EVERY = 128  # steps: of a mean of 0.9 of the last one, what is above the bound stays clear of denormal numbers
FLUSH = "2e-25"  # what is added to single precision is rounded to multiples of 1e-32
FLUSHING = (
    "Without a gradient a state decays to denormal numbers, with which a step takes five times as long: "
    "all is rounded to multiples of 1e-32."
)


def update_code(emitter: Emitter) -> tuple[tuple[Line, ...], tuple[Buffer, ...], bool]:
    """The body of the update, its buffers, and whether it writes over the gradient."""
    emitter.enter(UPDATE)
    statements = emitter.program.plain(UPDATE)
    block = emitter.program.update_block
    lines: list[Line] = []
    changed = False
    for kind, group in groupby(statements, key=_kind):
        rows = list(group)
        changed = changed or _changes_gradient(emitter, rows)
        if rows[0].kernel and kind != "decayed":
            lines += kernel_lines(emitter, rows, 0)
        elif kind == "decayed":
            lines += _decayed(emitter, rows)
        elif kind == "vectors" and block:
            lines += _in_blocks(emitter, rows)
        else:
            lines += _plain(emitter, rows, 0)
    lines = [*_units(emitter), *lines, *_flushed(emitter)]
    used = [n for n in emitter.used if n in emitter.arrays and emitter.arrays[n].shape]
    spent = [n for n in used if emitter.owner.get(n) == GRAD]
    lines = [*_spent(spent), *lines]
    buffers = shared([n for n in used if n not in spent], emitter.arrays, emitter.owner)
    if block:
        buffers = [Buffer(b.name, (str(block),), b.dtype, b.of) for b in buffers]
    numbers = [emitter.extra[n] for n in emitter.used if n in emitter.extra]
    return tuple(filled_first(emitter, lines)), (*buffers, *numbers), changed or bool(spent)


def _changes_gradient(emitter: Emitter, rows: list[Statement]) -> bool:
    """Whether statements that stand together put something else in the gradient's place, such as a clipped one."""
    if all(s.target != GRAD for s in rows):
        return False
    return not rows[0].kernel or Calling(emitter).needed(GRAD, rows)


def _spent(names: list[str]) -> list[Line]:
    """Names for the memory of the gradient, which the update writes over."""
    return [*_comment(SPENT, 0), Line(f"{' = '.join(names)} = {GRAD}")] if names else []


def _units(emitter: Emitter) -> list[Line]:
    """A comment on states that are kept as multiples of other numbers."""
    kept = [a for a in emitter.program.arrays if a.unit != 1.0]
    if not kept:
        return []
    names, units = listed([a.name for a in kept]), listed([f"{a.name} / {a.unit!r}" for a in kept])
    return _comment(f"{names} {'is' if len(kept) == 1 else 'are'} kept as {units}: a step then takes fewer passes.", 0)


def _comment(text: str, indent: int) -> list[Line]:
    width = WIDTH - len("# ") - len(INDENT) * (indent + 1)
    return [Line(f"# {line}", "", indent) for line in textwrap.wrap(text, width)]


def _flushed(emitter: Emitter) -> list[Line]:
    """Now and then the states that decay lose what is too small to count."""
    names = [a.name for a in emitter.program.arrays if a.decays]
    if not names:
        return []
    lines = [Line(f"if k % {FLUSHED_EVERY} == 0:")]
    lines += _comment(FLUSHING, 1)
    for name in names:
        lines += [Line(f"{emitter.shown(name)} {sign}= {FLUSH}", "", 1) for sign in "+-"]
    return lines


def _kind(s: Statement) -> str:
    return s.where or s.kernel or ("vectors" if s.axes else "scalars")


def _plain(emitter: Emitter, statements: list[Statement], indent: int) -> list[Line]:
    return [
        line
        for s in statements
        for text in emitter.texts(s)
        for line in statement(text, _numbers(emitter, s), indent)
    ]


def _numbers(emitter: Emitter, s: Statement) -> str:
    """The equations that a statement carries out.  Where it reads a state as another equation does, that one too."""
    inner = {n.equation for n in walk(s.value) if not (isinstance(n, Read) and emitter.arrays[n.name].kind == "value")}
    return " ".join(sorted({s.equation, *inner} - {""}, key=lambda n: [int(part) for part in n.split(".")]))


def _decayed(emitter: Emitter, statements: list[Statement]) -> list[Line]:
    """A loop over the slices of the decayed parameters."""
    names = sorted({n for s in statements for n in (*reads(s.value), s.target) if emitter.arrays[n].shape})
    emitter.views = {name: f"{emitter.shown(name)}[part]" for name in names}
    inner = kernel_lines(emitter, statements, 1) if statements[0].kernel else _plain(emitter, statements, 1)
    lines = [Line("for part in DECAYED:"), *inner]
    emitter.views = {}
    return lines


def _in_blocks(emitter: Emitter, statements: list[Statement]) -> list[Line]:
    """A loop over blocks: views of the vectors are bound first, buffers are as long as a block."""
    names = list(dict.fromkeys(n for s in statements for n in (*reads(s.value), s.target) if emitter.arrays[n].shape))
    lasting = [n for n in names if emitter.arrays[n].kind != "value"]
    buffers = [n for n in names if emitter.arrays[n].kind == "value"]
    for name in buffers:
        emitter.shown(name)
    count, block = emitter.program.parameter_count, emitter.program.update_block
    lines = [
        Line(f"for start in range(0, {count}, {block}):"),
        Line(f"part = slice(start, min(start + {block}, {count}))", "", 1),
        *_views([f"{n}_part" for n in lasting], [f"{n}[part]" for n in lasting]),
        *_views([f"{n}_part" for n in buffers], [f"{n}[: part.stop - start]" for n in buffers]),
    ]
    emitter.views = {name: f"{name}_part" for name in names}
    lines += _plain(emitter, statements, 1)
    emitter.views = {}
    return lines


def _views(names: list[str], values: list[str]) -> list[Line]:
    """Bindings, as many a line as fit."""
    lines: list[Line] = []
    start = 0
    for end in range(1, len(names) + 1):
        whole = slice(start, end + 1)
        text = f"{', '.join(names[whole])} = {', '.join(values[whole])}"
        if end == len(names) or len(text) > WIDTH - 2 * len(INDENT):
            lines.append(Line(f"{', '.join(names[start:end])} = {', '.join(values[start:end])}", "", 1))
            start = end
    return lines
