"""The text of a spec, and places in it.

Offsets count characters from 0; lines and columns of a `Place` count from 1.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from symbp.errors import Place

_LINE_END = re.compile(r"\r\n|\r|\n")
_WIDEST = 200  # characters of a source line that an error shows


@dataclass(frozen=True)
class Source:
    """A text with the name of its file."""

    file: str
    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = (0, *(m.end() for m in _LINE_END.finditer(self.text)))
        object.__setattr__(self, "_starts", starts)

    def line_of(self, offset: int) -> int:
        """The number, from 1, of the line that holds `offset`."""
        return bisect_right(self._starts, offset)

    def line(self, number: int) -> str:
        """The text of a line without its line end."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def place(self, start: int, end: int | None = None) -> Place:
        """The stretch from `start` to `end`, cut at the end of its first line; at least one character wide."""
        number = self.line_of(start)
        column = start - self._starts[number - 1] + 1
        line = self.line(number)
        stop = start + 1 if end is None else end
        room = max(1, len(line) - column + 1)
        width = min(max(1, stop - start), room)
        if len(line) <= _WIDEST:
            return Place(self.file, number, column, width, line)
        skipped = max(0, column - 1 - _WIDEST // 2)
        shown = line[skipped : skipped + _WIDEST]
        return Place(self.file, number, column, min(width, len(shown) - (column - 1 - skipped)), shown, skipped)
