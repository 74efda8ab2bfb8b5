"""Statements longer than a line, broken where a person would break them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from symbp.emit.model import Line

ROOM = 96  # columns of a line inside a function
LOOSEST_FIRST = (
    (" if ", " else "),
    (" == ", " != ", " > ", " >= ", " < ", " <= "),
    (" + ", " - "),
    (" * ", " / ", " @ "),
)


def statement(text: str, equation: str, indent: int = 0, room: int = ROOM) -> list[Line]:
    """One statement as lines; only the first carries the number of its equation.

    >>> [line.text for line in statement("a = " + " + ".join(["b" * 30] * 3), "1.1")][0]
    'a = ('
    """
    if len(text) + 4 * indent <= room:
        return [Line(text, equation, indent)]
    head, value = _assignment(text)
    rows = _Breaker(room).broken(head, value, "", indent)
    return [Line(row, equation if i == 0 else "", level) for i, (row, level) in enumerate(rows)]


Rows = list[tuple[str, int]]  # text and indentation


def in_rows(items: Iterable[str], room: int = ROOM) -> list[Line]:
    """Items with a comma behind each, in as many rows as they need, one level in."""
    rows: list[str] = []
    for item in items:
        if rows and len(rows[-1]) + len(item) + 2 <= room - 4:
            rows[-1] += f" {item},"
        else:
            rows.append(f"{item},")
    return [Line(row, indent=1) for row in rows]


@dataclass(frozen=True, slots=True)
class _Breaker:
    """Breaks expressions into rows of at most `room` columns, indentation included."""

    room: int

    def fits(self, text: str, level: int) -> bool:
        return len(text) + 4 * level <= self.room

    def broken(self, head: str, value: str, tail: str, level: int) -> Rows:
        """`head` in front of the value, `tail` behind it."""
        whole = f"{head}{value}{tail}"
        if self.fits(whole, level):
            return [(whole, level)]
        if item_and_loop := _comprehension(value):
            item, loop = item_and_loop
            return [(f"{head}[", level), *self.item(item, level + 1), (loop, level + 1), (f"]{tail}", level)]
        if value.startswith("(") and _outside(value) == [0, len(value) - 1]:
            value = value[1:-1]  # the brackets come back around the pieces
        if _pieces(value, 0):
            return [(f"{head}(", level), *self.operands(value, "", level + 1), (f"){tail}", level)]
        inside, method = _bracketed(value)
        if inside:
            return self.broken(head, inside, f"{method}{tail}", level)
        function, arguments, method = _call(value)
        if not arguments:
            return [(whole, level)]
        rows = self.arguments(arguments, level + 1)
        return [(f"{head}{function}(", level), *rows, (f"){method}{tail}", level)]

    def item(self, item: str, level: int) -> Rows:
        """What a comprehension lists: a tuple that is too long in rows."""
        parts = [] if self.fits(item, level) or not item.startswith("(") else _call(f"tuple{item}")[1]
        return [("(", level), *self.arguments(parts, level + 1), (")", level)] if parts else [(item, level)]

    def operands(self, value: str, tail: str, level: int) -> Rows:
        """An expression in brackets, broken in front of its loosest operators; `tail` behind the last."""
        pieces = _pieces(value, self.room - 4 * level)
        rows: Rows = []
        for piece in pieces:
            end = tail if piece is pieces[-1] else ""
            rows += [(piece + end, level)] if self.fits(piece + end, level) else self.piece(piece, end, level)
        return rows

    def piece(self, piece: str, tail: str, level: int) -> Rows:
        """A piece that begins with an operator, broken behind it."""
        signs = [o.strip() + " " for group in LOOSEST_FIRST for o in group]
        operator = next((sign for sign in signs if piece.startswith(sign)), "")
        return self.broken(operator, piece[len(operator) :], tail, level)

    def arguments(self, arguments: list[str], level: int) -> Rows:
        """The arguments of a call in one row if they fit, else one a row."""
        if self.fits(", ".join(arguments), level):
            return [(", ".join(arguments), level)]
        if len(arguments) == 1 and _pieces(arguments[0], 0):
            return self.operands(arguments[0], "", level)
        rows: Rows = []
        for argument in arguments:
            value = argument[1:-1] if _outside(argument) == [0, len(argument) - 1] and argument[0] == "(" else argument
            whole = self.fits(f"{argument},", level) or not _pieces(value, 0)
            rows += self.broken("", argument, ",", level) if whole else self.operands(value, ",", level)
        return rows


def _comprehension(value: str) -> tuple[str, ...]:
    """``f(part)`` and ``for part in parts`` of ``[f(part) for part in parts]``; else nothing."""
    if not value.startswith("[") or _outside(value) != [0, len(value) - 1]:
        return ()
    inside = value[1:-1]
    cut = next((i for i in _outside(inside) if inside.startswith(" for ", i)), 0)
    return (inside[:cut], inside[cut + 1 :]) if cut else ()


def _assignment(text: str) -> tuple[str, str]:
    """The text up to and with the last assignment sign, and the rest."""
    cut = 0
    for i in _outside(text):
        for sign in (" = ", " += ", " -= ", " *= ", " /= "):
            if text.startswith(sign, i):
                cut = i + len(sign)
    return text[:cut], text[cut:]


def _outside(text: str) -> list[int]:
    """The places of a text that stand outside all brackets and quotes."""
    depth, quoted, found = 0, False, []
    for i, c in enumerate(text):
        quoted ^= c == '"'
        depth -= not quoted and c in ")]}"
        if depth == 0 and not quoted:
            found.append(i)
        depth += not quoted and c in "([{"
    return found


def _pieces(value: str, room: int) -> list[str]:
    """The value cut in front of its loosest operators, as many parts a line as fit."""
    places = _outside(value)
    for group in LOOSEST_FIRST:
        cuts = [i for i in places if any(value.startswith(o, i) for o in group)]
        if cuts:
            parts = [value[a:b].strip() for a, b in zip([0, *cuts], [*cuts, len(value)], strict=True)]
            return _filled(parts, room)
    return []


def _filled(parts: list[str], room: int) -> list[str]:
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 1 + len(part) <= room:
            lines[-1] += " " + part
        else:
            lines.append(part)
    return lines


def _bracketed(value: str) -> tuple[str, str]:
    """``(a + b)`` and ``.reshape(2, 3)`` of a text that is a method of something in brackets; else nothing."""
    closing = next((i for i in _outside(value) if i > 0), 0)
    method = value[closing + 1 :]
    named = value.startswith("(") and method.startswith(".") and " " not in [method[i] for i in _outside(method)]
    return (value[: closing + 1], method) if named else ("", "")


def _call(value: str) -> tuple[str, list[str], str]:
    """Function and arguments of a text that is one call, and what follows it (``.T``); else nothing."""
    opening = value.find("(")
    closing = min((i for i in _outside(value) if i > opening), default=-1)
    method = value[closing + 1 :]
    named = re.fullmatch(r"-?[\w.]+", value[: max(opening, 0)])
    alone = not any(method[i] == " " for i in _outside(method))
    if not named or closing < 0 or (method and method[0] not in ".[") or not alone:
        return "", [], ""
    inside = value[opening + 1 : closing]
    commas = [i for i in _outside(inside) if inside[i] == ","]
    cuts = zip([-1, *commas], [*commas, len(inside)], strict=True)
    return value[:opening], [inside[a + 1 : b].strip() for a, b in cuts], method


def bound(names: list[str], owner: str = "ws") -> list[Line]:
    """``a, b = ws.a, ws.b``, as many names a line as fit."""
    lines: list[Line] = []
    group: list[str] = []
    for name in names:
        if group and len(_binding([*group, name], owner)) > ROOM:
            lines.append(Line(_binding(group, owner)))
            group = []
        group.append(name)
    return [*lines, Line(_binding(group, owner))] if group else lines


def _binding(names: list[str], owner: str) -> str:
    return f"{', '.join(names)} = {', '.join(f'{owner}.{name}' for name in names)}"
