"""The functions that bodies call: the forward equations of a unit, in the unit's own names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbp.emit.expression import Printer
from symbp.emit.model import Function, Line
from symbp.emit.sizes import length
from symbp.emit.texts import ATOM
from symbp.emit.viewing import Viewer, sizes_of, viewed
from symbp.emit.wrapping import statement
from symbp.lower.model import Routine, Statement


def functions_of(routines: Sequence[Routine], called: dict[str, None]) -> tuple[Function, ...]:
    """A function for each of the routines, which of equal ones is there once; `called` collects helpers."""
    same = same_functions(routines)
    distinct = {r.name: r for r in routines if same[r.name] == r.name}
    return tuple(function_of(r, called) for r in distinct.values())


def same_functions(routines: Sequence[Routine]) -> dict[str, str]:
    """By the name of each routine, that of the first one which reads the same."""
    first: dict[Function, str] = {}
    found: dict[str, str] = {}
    for r in routines:
        function = function_of(r, {})
        found[r.name] = first.setdefault(replace(function, name=""), r.name)
    return found


def function_of(r: Routine, called: dict[str, None]) -> Function:
    """A function of the module from the equations of a unit."""
    places = {size: (a.name, i) for a in reversed(r.arguments) for i, size in reversed(list(enumerate(a.shape)))
              if isinstance(size, str)}  # fmt: skip
    shapes = {a.name: a.shape for a in (*r.arguments, *r.made)}

    def size(name: str) -> str:
        return length(*places[name])

    viewer = Viewer({name: name for name in shapes}, shapes, size)
    viewer.expect(r.statements)
    axes = {s.target: s.axes for s in r.statements}
    types = ["Array" if axes.get(result) else "Any" for result in r.results]  # a loss is a number
    typed = r.results[0] if types == ["Array"] else ""  # to a type checker a sum of two arrays is anything
    printer, lines = Printer(viewer.text, size, called, own=viewer.own), list[Line]()
    for s in r.statements:
        lines += [line for text in viewer.lines(s) for line in statement(text, "")]
        target = f"{s.target}: Array" if s.target == typed else s.target
        lines += statement(f"{target} = {shaped(printer, s, shapes[s.target])}", s.equation)
    signature = ", ".join(f"{a.name}: Array" for a in r.arguments)
    returns = types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]"
    return Function(r.name, signature, returns, r.doc, (*lines, Line(f"return {', '.join(r.results)}")))


def shaped(printer: Printer, s: Statement, shape: Sequence[int | str]) -> str:
    """The value of a statement as text, in the shape of its target."""
    text = printer.real(s.value, s.axes)
    if sizes_of(s.axes) == tuple(shape):
        return text.text
    if text.flat is not None and text.flat[1] == tuple(shape):
        return text.flat[0]
    return viewed(text.at(ATOM), sizes_of(s.axes), shape, printer.size)
