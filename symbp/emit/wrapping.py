"""Statements longer than a line, broken where a person would break them."""

from __future__ import annotations

import re

from symbp.emit.model import Line

ROOM = 80  # columns for code: indentation and the comment with the equation's number need the rest
LOOSEST_FIRST = (
    (" if ", " else "),
    (" == ", " != ", " > ", " >= ", " < ", " <= "),
    (" + ", " - "),
    (" * ", " / ", " @ "),
)


def statement(text: str, equation: str, indent: int = 0) -> list[Line]:
    """One statement as lines; only the first carries the number of its equation.

    >>> [line.text for line in statement("a = " + " + ".join(["b" * 30] * 3), "1.1")][0]
    'a = ('
    """
    if len(text) <= ROOM:
        return [Line(text, equation, indent)]
    head, value = _assignment(text)
    rows = _broken(head, value, "", indent)
    return [Line(row, equation if i == 0 else "", level) for i, (row, level) in enumerate(rows)]


def _broken(head: str, value: str, tail: str, level: int) -> list[tuple[str, int]]:
    """Rows of (text, indentation): `head` in front of the value, `tail` behind it."""
    whole = f"{head}{value}{tail}"
    if len(whole) + 4 * level <= ROOM:
        return [(whole, level)]
    if value.startswith("(") and _outside(value) == [0, len(value) - 1]:
        value = value[1:-1]  # the brackets come back around the pieces
    pieces = _pieces(value, ROOM - 4 * (level + 1))
    if pieces:
        rows = [(f"{head}(", level)]
        for piece in pieces:
            whole_piece = _fits(piece, level + 1) or len(pieces) == 1
            rows += [(piece, level + 1)] if whole_piece else _broken_piece(piece, level + 1)
        return [*rows, (f"){tail}", level)]
    inside, method = _bracketed(value)
    if inside:
        return _broken(head, inside, f"{method}{tail}", level)
    function, arguments, method = _call(value)
    if not arguments:
        return [(whole, level)]
    rows = [(f"{head}{function}(", level)]
    for argument in arguments:
        rows += _broken("", argument, ",", level + 1)
    return [*rows, (f"){method}{tail}", level)]


def _fits(text: str, level: int) -> bool:
    return len(text) + 4 * level <= ROOM


def _broken_piece(piece: str, level: int) -> list[tuple[str, int]]:
    """A piece that begins with an operator, broken behind it."""
    signs = [o.strip() + " " for group in LOOSEST_FIRST for o in group]
    operator = next((sign for sign in signs if piece.startswith(sign)), "")
    return _broken(operator, piece[len(operator) :], "", level)


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
    if not named or closing < 0 or (method and not method.startswith(".")) or not alone:
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
