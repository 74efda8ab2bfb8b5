"""Pieces of Python, and how tightly they hold together."""

from __future__ import annotations

from dataclasses import dataclass

CHOICE, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(7)  # how tightly a text holds together


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of Python and how tightly it holds together.  `bare` is a 0/1 array of bools.

    `flat` is the same with fewer axes, and its shape, where the text only gives it more.
    """

    text: str
    level: int = ATOM
    bare: bool = False
    flat: tuple[str, tuple[int | str, ...]] | None = None

    def at(self, least: int) -> str:
        return self.text if self.level >= least else f"({self.text})"
