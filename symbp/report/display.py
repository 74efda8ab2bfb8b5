"""Equations as displays: one line where they fit, several aligned lines where they do not, with their number."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.notation.expr import Equation, Expr
from symbp.report.formula import Printer
from symbp.report.lines import Row, broken
from symbp.report.width import measure

ROOM = 36.0  # em between the margins, the number of the equation left out
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


def formula(printer: Printer, shown: Expr, room: float = ROOM) -> str:
    """A formula without a left-hand side."""
    lines = [text for text, _ in broken(printer.row(shown), room)]
    if len(lines) == 1:
        return lines[0]
    body = " \\\\\n  ".join([lines[0], *(_continued(text) for text in lines[1:])])
    return "\\begin{gathered}\n  " + body + "\n\\end{gathered}"
