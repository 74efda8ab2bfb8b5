"""Sentences of the library with formulas between backticks: "the derivative at `z = 0` is `alpha`"."""

from __future__ import annotations

from symbp.notation.parser import parse
from symbp.report.escape import escape
from symbp.report.formula import Printer

MARK = "`"


def plain(text: str) -> str:
    """The sentence for a terminal, without the marks.

    >>> plain("the derivative at `z = 0` is `alpha`")
    'the derivative at z = 0 is alpha'
    """
    return text.replace(MARK, "")


def prose(text: str, printer: Printer) -> str:
    """The sentence as LaTeX text, its formulas as mathematics."""
    parts = [escape(part) if k % 2 == 0 else _formula(part, printer) for k, part in enumerate(text.split(MARK))]
    return "".join(parts)


def _formula(text: str, printer: Printer) -> str:
    """``z = -cut``, or one side of it."""
    return f"${' = '.join(printer.latex(parse(side.strip())) for side in text.split('='))}$"
