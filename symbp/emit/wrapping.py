"""Statements longer than a line, broken where a person would break them."""

from __future__ import annotations

from symbp.emit.model import Line

ROOM = 80  # columns for code: indentation and the comment with the equation's number need the rest
OPERATORS = (" + ", " - ", " * ", " / ", " @ ")


def statement(text: str, equation: str, indent: int = 0) -> list[Line]:
    """One statement as lines; only the first carries the number of its equation."""
    if len(text) <= ROOM:
        return [Line(text, equation, indent)]
    head, sign, value = _assignment(text)
    if not sign:
        return _call(text, equation, indent)
    pieces = _pieces(value)
    if not pieces:
        return _call(text, equation, indent)
    lines = [Line(f"{head}{sign}(", equation, indent)]
    lines += [Line(piece, "", indent + 1) for piece in pieces]
    return [*lines, Line(")", "", indent)]


def _assignment(text: str) -> tuple[str, str, str]:
    """Target, sign and value; the last ``=`` of a chain."""
    depth = 0
    cut, sign = -1, ""
    for i, c in enumerate(text):
        depth += c in "([{"
        depth -= c in ")]}"
        for s in (" = ", " += ", " -= ", " *= ", " /= "):
            if depth == 0 and text.startswith(s, i):
                cut, sign = i, s
    return (text[:cut], sign, text[cut + len(sign) :]) if sign else (text, "", "")


def _pieces(value: str) -> list[str]:
    """The value cut in front of its loosest operators, outside all brackets."""
    for group in (OPERATORS[:2], OPERATORS[2:]):
        cuts, depth = [0], 0
        for i, c in enumerate(value):
            depth += c in "([{"
            depth -= c in ")]}"
            if depth == 0 and any(value.startswith(o, i) for o in group):
                cuts.append(i)
        if len(cuts) > 1:
            parts = [value[a:b].strip() for a, b in zip(cuts, [*cuts[1:], len(value)], strict=True)]
            return _filled(parts)
    return []


def _filled(parts: list[str]) -> list[str]:
    """As many parts a line as fit."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + 1 + len(part) <= ROOM - 4:
            lines[-1] += " " + part
        else:
            lines.append(part)
    return lines


def _call(text: str, equation: str, indent: int) -> list[Line]:
    """A call with its arguments on lines of their own; anything else stays one line."""
    opening, depth = text.find("("), 0
    if opening < 1 or not text.endswith(")") or not text[opening - 1].isidentifier():
        return [Line(text, equation, indent)]
    arguments, start = [], opening + 1
    for i in range(opening + 1, len(text) - 1):
        depth += text[i] in "([{"
        depth -= text[i] in ")]}"
        if text[i] == "," and depth == 0:
            arguments.append(text[start:i].strip())
            start = i + 1
    if depth:
        return [Line(text, equation, indent)]
    arguments.append(text[start:-1].strip())
    lines = [Line(text[: opening + 1], equation, indent)]
    return [*lines, *(Line(f"{a},", "", indent + 1) for a in arguments), Line(")", "", indent)]


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
