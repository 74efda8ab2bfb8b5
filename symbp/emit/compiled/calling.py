"""The kernels of a body: their functions, and the lines that call them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from symbp.emit.compiled.equal import Form, form_of, named_after
from symbp.emit.compiled.kernel import Kernel
from symbp.emit.expression import Printer
from symbp.emit.model import Function, Line
from symbp.emit.wrapping import ROOM, statement
from symbp.lower.model import (
    INPUT,
    PROBABILITY,
    Array,
    Axis,
    Program,
    Statement,
    Step,
    Uses,
    free_name,
    lies_whole,
    uses_of,
    views_of,
)
from symbp.notation.expr import Expr


@dataclass(frozen=True, slots=True)
class Kernels:
    """The kernels of a module by name, and the functions of numbers that they call.  Blocks have functions `taken`.

    `forms` names the first kernel of each form, of which others are names.
    """

    taken: frozenset[str] = frozenset()
    functions: dict[str, Function] = field(default_factory=dict)
    forms: dict[Form, str] = field(default_factory=dict)
    helpers: dict[str, None] = field(default_factory=dict)


BESIDE = (PROBABILITY,)  # what is not part of every step


@dataclass(frozen=True, slots=True)
class Behind:
    """Which statement stands where, the uses of arrays by place, and the arrays that others are views of."""

    places: dict[Step, int] = field(default_factory=dict)
    uses: Uses = field(default_factory=Uses)
    viewed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, program: Program) -> Behind:
        """Of a program with kernels."""
        places = {s: place for place, s in reversed([*enumerate(program.statements)])}  # of equal ones the first
        return cls(places, uses_of(program.statements, {}), frozenset(views_of(program.arrays).values()))


class Body(Protocol):
    """What a kernel needs to know of the body that calls it."""

    program: Program
    arrays: dict[str, Array]
    owner: dict[str, str]
    kernels: Kernels
    behind: Behind
    step: str

    def seen(self, name: str, axes: Sequence[Axis]) -> str: ...
    def texts(self, s: Statement) -> list[str]: ...
    def printer(self) -> Printer: ...


@dataclass(frozen=True, slots=True)
class Calling:
    """What a kernel asks of the body that it is called from."""

    body: Body

    @property
    def arrays(self) -> dict[str, Array]:
        return self.body.arrays

    def memory(self, name: str) -> tuple[str, tuple[int, ...]]:
        """What an array shares memory with goes by one name; a view of it is shifted, a part step by step."""
        array = self.body.arrays[name]
        whole, shift = array.view_of or name, array.shift
        if array.rows is not None:
            along, rows = array.rows.dimension, array.rows
            shift = (*shift[:along], rows.first, *shift[along + 1 :], rows.far)
        return self.body.owner.get(whole, whole), shift

    def needed(self, name: str, inside: Sequence[Statement]) -> bool:
        """Whether anything behind a kernel reads an array that it fills; a view shows other steps to the next call."""
        program, behind = self.body.program, self.body.behind
        array, here = self.body.arrays[name], behind.places[inside[-1]]
        if self.replaced(name, inside):
            return False
        if array.kind != "value" or array.view_of or name in program.lasting or name in behind.viewed:
            return True
        read = next((place for place in behind.uses.read.get(name, ()) if place > here), None)
        made = (place for place in behind.uses.made[name] if place > here)
        again = next((place for place in made if _made_anew(program.statements[place])), read)
        return read is not None and again is not None and read <= again

    def replaced(self, name: str, inside: Sequence[Statement]) -> bool:
        """Whether the same kernel puts another value in the place of all of an array."""
        made = max(k for k, s in enumerate(inside) if s.target == name)
        shape = self.body.arrays[name].shape
        later = (s.target for s in inside[made + 1 :] if not (s.accumulate or s.at))
        return any(self.memory(t) == self.memory(name) and self.body.arrays[t].shape == shape for t in later)

    def whole(self, name: str) -> bool:
        """Whether an array lies in memory without gaps: only in front of it and behind it there may be room."""
        return lies_whole(self.body.arrays[name], self.body.arrays)

    def seen(self, name: str, axes: Sequence[Axis]) -> str:
        return self.body.seen(name, axes)

    def number(self, e: Expr) -> str:
        return self.body.printer().scalar(e).text


def _made_anew(s: Step) -> bool:
    """Whether another value has the same name from here on."""
    whole = not isinstance(s, Statement) or not (s.accumulate or s.at)
    return whole and s.stage not in BESIDE and not s.stage.startswith(INPUT)


def printed(
    body: Body, statements: Sequence[Statement], level: int, change: Callable[[str], str] = str, room: int = ROOM
) -> list[Line]:
    """The lines of statements that stand together: calls of kernels, and each other statement for itself.

    `change` is done to the text of the others before it is broken into lines.
    """
    lines: list[Line] = []
    for kernel, group in groupby(statements, key=lambda s: s.kernel):
        rows = list(group)
        if kernel:
            lines += kernel_lines(body, rows, level, room)
            continue
        for row in rows:
            for text in body.texts(row):
                inner = (len(text) - len(text.lstrip())) // 4
                equation = "" if text.endswith(":") else row.equation
                lines += statement(change(text.lstrip()), equation, level + inner, room)
    return lines


def kernel_lines(body: Body, statements: Sequence[Statement], level: int, room: int = ROOM) -> list[Line]:
    """The call of a kernel; its function is kept with those of the body."""
    known, taken = body.kernels.functions, {*body.kernels.taken}
    while True:
        name = free_name(statements[0].kernel, taken)
        function, call = Kernel(name, statements, Calling(body), body.step, body.kernels.helpers).printed()
        function = function if known.get(name) == function else named_after(function, body.kernels.forms)
        if known.setdefault(name, function) == function:
            break
        taken.add(name)  # by another kernel of the module
    if not function.same_as:
        body.kernels.forms.setdefault(form_of(function), name)
    equations = dict.fromkeys(s.equation for s in statements if s.equation)
    return statement(call, " ".join(equations), level, room)
