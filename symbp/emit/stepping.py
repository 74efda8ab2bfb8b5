"""Loops over steps that go through their arrays: ``for z_step, y_step in zip(z, y)``, with no index in the loop.

``z[step]`` takes 0.16 microseconds, ``z[step, :, 0]`` 0.4 and ``z[step][:, :2].transpose(1, 0, 2)`` 0.9; a view that
`zip` takes from an array takes 0.08, and is made once however often a step reads it.  Tried and left: lists of views
that are made once with the workspace (0.01 each), which a step of a network with forty steps and thirty arrays a step
would not be worth the memory of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from symbp.emit.compiled import calling
from symbp.emit.loops import loop_line, step_count
from symbp.emit.model import Line
from symbp.emit.sizes import words
from symbp.emit.wrapping import ROOM
from symbp.lower.model import Loop, Statement, free_name

FEW = 3  # views that deserve a name
PLACES = r"(?:, (?:\d+|\d*:\d*))*"  # further places in the same brackets
VIEWED = rf"(\[(?:\d*:\d*|\d+){PLACES}\])?(\.transpose\([\d, ]+\))?(\.reshape\(-1(?:, \d+)*\))?"


@dataclass(slots=True)
class Stepping:
    """The views that the steps of one loop read, by what they are views of."""

    step: str  # the variable of the loop
    count: str  # how many steps there are
    reverse: bool
    dimensions: Callable[[str], int]  # of an array by its name; 0 of what is none, or has views of its own
    taken: Collection[str]
    views: dict[str, str] = field(default_factory=dict)  # names by the arrays whose parts they are

    @property
    def few(self) -> bool:
        """Whether so few views are read that they are rather written where that is."""
        return len(self.views) < FEW

    def rewritten(self, text: str) -> str:
        """A statement with names in the place of views of the present step."""
        pattern = rf"(?<![\w.])(\w+)\[{self.step}({PLACES})\]{VIEWED}"
        return re.sub(pattern, self._named, text)

    def _named(self, found: re.Match[str]) -> str:
        name, places, cut, turned, shape = (part or "" for part in found.groups())
        numbers = [place for place in places.split(", ") if place.isdigit()]
        if len(numbers) >= self.dimensions(name) - 1 or (places and cut):
            return found.group()  # a number is no view
        inside = places.removeprefix(", ") or cut[1:-1]
        whole = f"{name}[:, {inside}]" if inside else name
        whole += _behind(turned) + (f".reshape({self.count}, {shape[9:]}" if shape else "")
        if whole not in self.views:
            self.views[whole] = free_name("_".join([name, *numbers, self.step]), {*self.taken, *self.views.values()})
        return self.views[whole]

    def head(self, indexed: bool) -> list[Line]:
        """The head of the loop; it counts the steps where they are `indexed` too."""
        steps = f"range({self.count})"
        names, arrays = [*self.views.values()], [*self.views]
        if indexed:
            names, arrays = [self.step, *names], [steps, *arrays]
        whole = free_name("arrays", self.taken)
        each = f"*(a[::-1] for a in {whole})" if self.reverse else f"*{whole}"
        return [*_listed(f"{whole} = (", arrays, ")"), *_listed("for ", names, f" in zip({each}, strict=True):")]


class Body(calling.Body, Protocol):
    """What a loop asks of the body that it stands in."""

    @property
    def size(self) -> Callable[[str], str]: ...

    def dimensions(self, name: str) -> int: ...


def stepped(body: Body, inside: Sequence[Statement], loop: Loop) -> list[Line]:
    """The lines of a loop over steps."""
    taken = {*(a.text for a in body.arrays.values()), *(size for size, _, _ in body.program.sizes)}
    stepping = Stepping(body.step, step_count(loop, body.size), loop.reverse, body.dimensions, taken)
    lines = calling.printed(body, inside, 1, stepping.rewritten)
    if stepping.few:
        return [loop_line(body.program, loop, body.size), *calling.printed(body, inside, 1)]
    return [*stepping.head(body.step in words(lines)), *lines]


def _behind(turned: str) -> str:
    """A transposition of a part as one of the whole, whose first axis stays."""
    if not turned:
        return ""
    order = (int(k) + 1 for k in re.findall(r"\d+", turned))
    return f".transpose({', '.join(map(str, (0, *order)))})"


def _listed(head: str, items: Sequence[str], tail: str) -> list[Line]:
    """The items between head and tail, in as many rows as they need."""
    one = f"{head}{', '.join(items)}{tail}"
    if len(one) <= ROOM:
        return [Line(one)]
    rows: list[str] = []
    for item in items:
        if rows and len(rows[-1]) + len(item) + 2 <= ROOM - 4:
            rows[-1] += f" {item},"
        else:
            rows.append(f"{item},")
    opening, closing = (head, tail) if head.endswith("(") else (f"{head}(", f"){tail}")
    return [Line(opening), *(Line(row, indent=1) for row in rows), Line(closing)]
