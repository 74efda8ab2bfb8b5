"""The look of emitted Python: lines of at most 100 columns, comments in one column, long lists one entry a line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from symbp.emit.model import Line

WIDTH = 100
INDENT = "    "
COLUMN = 72  # comments stand at most this far to the right, where the code leaves room


def indented(lines: Sequence[Line], levels: int = 1) -> str:
    """The lines of a body as text, each with the numbers of its equations in a comment, without a final newline."""
    texts = [INDENT * (levels + line.indent) + line.text if line.text else "" for line in lines]
    numbers = ["" if line.text.startswith("#") else line.equation for line in lines]
    widths = [len(text) for text, number in zip(texts, numbers, strict=True) if number]
    column = max((width for width in widths if width <= COLUMN), default=0)
    return "\n".join(_commented(text, number, column) for text, number in zip(texts, numbers, strict=True))


def _commented(text: str, equation: str, column: int) -> str:
    if not equation:
        return text
    comment = "# " + " ".join(f"({number})" for number in equation.replace(",", " ").split())
    line = f"{text:{column}}  {comment}"
    if len(line) <= WIDTH:
        return line
    return f"{text[: len(text) - len(text.lstrip())]}{comment}\n{text}"


def bracketed(start: str, items: Iterable[str], end: str, room: int = WIDTH, levels: int = 0) -> str:
    """``start a, b end`` in one line where `room` columns suffice, else one item a line.

    `levels` is the indentation of the line that this text begins in, `room` what is left of that line.
    """
    parts = list(items)
    line = start + ", ".join(parts) + end
    if len(line) <= room:
        return line
    inner = INDENT * (levels + 1)
    return start + "\n" + "".join(f"{inner}{part},\n" for part in parts) + INDENT * levels + end


def signature(name: str, arguments: Sequence[str], returns: str) -> str:
    """``name(arguments) -> returns:`` as it follows ``def``."""
    return bracketed(f"{name}(", arguments, f") -> {returns}:", WIDTH - len("def "))


def tuple_text(items: Sequence[str], room: int = WIDTH) -> str:
    """A tuple; that of one item has its comma."""
    if len(items) == 1:
        return f"({items[0]},)"
    return bracketed("(", items, ")", room)


def dict_text(entries: Iterable[tuple[str, str]], room: int = WIDTH - 40) -> str:
    """A dict with keys that are text; the values are Python text already."""
    return bracketed("{", (f'"{key}": {value}' for key, value in entries), "}", room)


def docstring(text: str, levels: int = 1) -> str:
    """A docstring: each paragraph of `text` filled, the first line a summary of its own."""
    pad = INDENT * levels
    first, *rest = text.split("\n")
    width = WIDTH - len(pad)
    head = textwrap.wrap('"""' + first, width - 3, break_long_words=False)
    lines = [pad + part for part in head]
    for paragraph in rest:
        lines += textwrap.wrap(paragraph, WIDTH, initial_indent=pad, subsequent_indent=pad) or [""]
    if len(lines) == 1:
        return lines[0] + '"""'
    return "\n".join([*lines, pad + '"""'])


def wrapped(expression: str, kept: int = 0) -> str:
    """An expression after ``return`` in a function: in parentheses and broken at spaces where it is long.

    It holds no text.  `kept` columns stay free for what follows in the same line."""
    if len(expression) <= WIDTH - len(INDENT) - len("return ") - kept:
        return expression
    pad = 2 * INDENT
    body = textwrap.fill(
        expression, WIDTH, initial_indent=pad, subsequent_indent=pad, break_long_words=False, break_on_hyphens=False
    )
    return f"(\n{body}\n{INDENT})"


def listed(items: Iterable[str]) -> str:
    """``a, b and c``."""
    *before, last = items
    return f"{', '.join(before)} and {last}" if before else last


def filled(text: str, levels: int) -> str:
    """Text for the middle of a docstring: filled, every line but the first indented."""
    pad = INDENT * levels
    return textwrap.fill(text, WIDTH, initial_indent=pad, subsequent_indent=pad).removeprefix(pad)
