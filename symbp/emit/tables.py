"""Arrays that are computed once, as expressions in the constructor of the workspace."""

from __future__ import annotations

from symbp.emit.expression import Printer
from symbp.emit.model import Buffer
from symbp.lower.model import Program

DTYPES = {"real": "dtype", "bool": "np.bool_", "index": "np.intp"}


def table_buffers(program: Program, called: dict[str, None]) -> tuple[Buffer, ...]:
    """The tables of a program in an order in which they can be made; `called` collects the helpers that they need."""
    arrays = {a.name: a for a in program.arrays}
    printer = Printer(lambda read: f"self.{read.name}", str, called)
    made: list[Buffer] = []
    known: dict[str, str] = {}  # text -> the table that is made so
    for s in program.tables:
        dtype = arrays[s.target].dtype
        text = f"np.asarray({printer.line(s.value, s.axes)}, {DTYPES[dtype]})"
        of = f"self.{known[text]}" if text in known else text
        known.setdefault(text, s.target)
        made.append(Buffer(s.target, tuple(str(a.size) for a in s.axes), dtype, of))
    return tuple(made)
