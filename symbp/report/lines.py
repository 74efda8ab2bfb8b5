"""Formulas as rows of unbreakable atoms, and the best way to break a row into lines.

A row may be broken in front of every atom but the first.  Each atom says how deep the place in front of it is nested: a
break between the terms of a sum (0) is better than one inside parentheses, which is better than one between factors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from symbp.report.width import measure

FACTOR = 3  # a break between two factors counts as this much deeper than one between two terms


@dataclass(frozen=True, slots=True)
class Atom:
    """`latex` stands on one line; `depth` rates a break in front of it (0 is best)."""

    latex: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A formula.  `height` is 0 for a plain line, 1 with scripts on scripts, 2 with a fraction or a big operator."""

    atoms: tuple[Atom, ...]
    height: int = 0

    @property
    def latex(self) -> str:
        return " ".join(a.latex for a in self.atoms)

    @property
    def width(self) -> float:
        return sum(measure(a.latex) for a in self.atoms)

    def deeper(self, levels: int = 1) -> Row:
        """The same row, standing inside something."""
        return replace(self, atoms=tuple(replace(a, depth=a.depth + levels) for a in self.atoms))

    def raised(self, height: int = 2) -> Row:
        """The same row, at least this high."""
        return replace(self, height=max(self.height, height))

    def wrapped(self, before: str, after: str) -> Row:
        """`before` and `after` are glued to the ends, so that no break separates them from the formula."""
        first, *rest = self.atoms
        atoms = [replace(first, latex=before + first.latex), *rest]
        atoms[-1] = replace(atoms[-1], latex=atoms[-1].latex + after)
        return replace(self, atoms=tuple(atoms))


def solid(latex: str, height: int = 0) -> Row:
    """A row that is never broken."""
    return Row((Atom(latex),), height)


def joined(rows: Iterable[Row], depth: int = 0) -> Row:
    """Rows one after the other; a break between two of them has this depth."""
    rows = tuple(rows)
    atoms: list[Atom] = []
    for row in rows:
        first, *rest = row.atoms
        atoms += [replace(first, depth=depth), *rest]
    return Row(tuple(atoms), max((r.height for r in rows), default=0))


def broken(row: Row, room: float, first: float | None = None) -> tuple[tuple[str, int], ...]:
    """The lines of `row`, each at most `room` em wide where its atoms allow it (the first one: `first` em).

    Each line comes with the depth of the break in front of it.  Of all ways the one is taken that has the fewest lines,
    then the shallowest breaks.
    """
    widths = [measure(a.latex) + 0.12 for a in row.atoms]
    count, head = len(widths), first if first is not None else room
    best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * count
    for end in range(1, count + 1):
        total = 0.0
        for start in range(end - 1, -1, -1):
            total += widths[start]
            limit = head if start == 0 else room
            if total > max(head, room) and start < end - 1:
                break
            cost = best[start][0] + _price(row.atoms[start], start, total, limit)
            if cost < best[end][0]:
                best[end] = (cost, start)
    return _pieces(row, best)


def _price(atom: Atom, start: int, total: float, limit: float) -> float:
    """A line costs 10, its break 4 a level, an overfull line very much, and a line with little on it something."""
    overfull = 1000.0 * max(0.0, total - limit)
    slack = 3.0 * (1 - min(1.0, total / limit)) ** 2
    return 10.0 + slack + overfull + (4.0 * atom.depth if start else 0.0)


def _pieces(row: Row, best: list[tuple[float, int]]) -> tuple[tuple[str, int], ...]:
    cuts: list[tuple[int, int]] = []
    end = len(row.atoms)
    while end:
        start = best[end][1]
        cuts.append((start, end))
        end = start
    return tuple(
        (" ".join(a.latex for a in row.atoms[start:stop]), row.atoms[start].depth) for start, stop in reversed(cuts)
    )
