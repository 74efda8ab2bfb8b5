"""Equations as displays: one line where they fit, several aligned lines where they do not, with their number."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.notation.expr import Equation
from symbp.report.formula import Printer
from symbp.report.lines import Row, broken
from symbp.report.width import measure

ROOM = 36.0  # em between the margins, the number of the equation left out
NOTE = 7.0  # em for the notes of a calculation; a longer one moves below its line
INDENT = 2.0  # em by which a continued line is moved to the right


def equation(printer: Printer, shown: Equation, tag: str = "", room: float = ROOM, relation: str = "=") -> str:
    """``lhs = rhs`` as the body of a display; `tag` is the equation's number."""
    return equality(printer.latex(shown.lhs), (printer.row(shown.rhs),), tag, room, relation)


def equality(left: str, rows: Sequence[Row], tag: str = "", room: float = ROOM, relation: str = "=") -> str:
    """``left = rows[0] = rows[1] ...``, one below the other."""
    lines = [line for row in rows for line in _lines(left, row, room, relation)]
    if len(lines) == 1:
        body = left + lines[0].replace("&", " ", 1)
    else:
        rest = " \\\\\n  ".join(lines[1:])
        body = "\\begin{aligned}\n  " + left + lines[0] + " \\\\\n  " + rest + "\n\\end{aligned}"
    return body + (rf" \tag{{{tag}}}" if tag else "")


def calculation(left: str, steps: Sequence[tuple[Row, str]], room: float = ROOM) -> str:
    """``left = row = row ...`` as the lines of an ``align*``, each row with its note (LaTeX text) on the right."""
    made = []
    for row, note in steps:
        lines = _lines(left, row, room - NOTE, "=")
        made += lines[:-1]
        made.append(lines[-1] + (rf" \tag*{{{note}}}" if note else ""))
    return left + " \\\\\n  ".join(made)


def _lines(left: str, row: Row, room: float, relation: str) -> list[str]:
    head = measure(left) + measure(relation)
    inside = max(12.0, room - head)
    lines = []
    for k, (text, depth) in enumerate(broken(row, inside - INDENT, inside)):
        if k == 0:
            lines.append(f" &{relation} {text}")
        else:
            indent = r"\quad" if depth == 0 else r"\qquad"
            lines.append(f" &{indent} {_continued(text)}")
    return lines


def _continued(text: str) -> str:
    """A line that starts with an operator gets something in front of it, so that TeX spaces it as an operator."""
    if text[:2] in ("+ ", "- "):
        return "{}" + text
    if text.startswith(r"\, "):
        return r"\times " + text[3:]
    return text
