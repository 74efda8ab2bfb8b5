"""Loops over steps that go through the views of their arrays: ``for z_step, y_step in steps_rnn``, with no index.

``z[step]`` takes 0.16 microseconds, ``z[step, :, 0]`` 0.4 and ``z[step][:, :2].transpose(1, 0, 2)`` 0.9; a view that
`zip` takes from an array takes 0.08, and one from a list that is made with the workspace 0.01.  The list takes some
130 bytes a view: 110 kB for an LSTM of 32 steps, whose step is then 1.4 % shorter.  What has no lasting place in the
workspace is gone through by `zip`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from symbp.emit.compiled import calling
from symbp.emit.loops import loop_line, step_count
from symbp.emit.memory import Memory
from symbp.emit.model import Line
from symbp.emit.sizes import words
from symbp.emit.windowed import named_view
from symbp.emit.wrapping import ROOM, in_rows
from symbp.lower.model import Loop, Statement, free_name

FEW = 3  # views that deserve a name
QUIETLY = 'with np.errstate(over="ignore"):'
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
    bases: dict[str, None] = field(default_factory=dict)  # names of those arrays

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
        self.bases[name] = None
        if whole not in self.views:
            self.views[whole] = free_name("_".join([name, *numbers, self.step]), {*self.taken, *self.views.values()})
        return self.views[whole]

    def kept(self, size: str, indexed: bool) -> str:
        """The list of the views of all steps, as the workspace makes it."""
        steps = [f"range({size})"] if indexed else []
        arrays = [f"self.{whole}".replace(f".reshape({self.count},", f".reshape({size},") for whole in self.views]
        return f"list(zip({', '.join([*steps, *arrays])}, strict=True)){'[::-1]' if self.reverse else ''}"

    def over(self, rows: str, indexed: bool, room: int = ROOM) -> list[Line]:
        """The head of a loop over rows of views."""
        return listed("for ", [*([self.step] if indexed else []), *self.views.values()], f" in {rows}:", room)

    def head(self, indexed: bool, room: int = ROOM) -> list[Line]:
        """The head of the loop; it counts the steps where they are `indexed` too."""
        steps = f"range({self.count})"
        arrays = [*([steps] if indexed else []), *self.views]
        whole = free_name("arrays", self.taken)
        each = f"*(a[::-1] for a in {whole})" if self.reverse else f"*{whole}"
        return [*listed(f"{whole} = (", arrays, ")", room), *self.over(f"zip({each}, strict=True)", indexed, room)]


class Body(calling.Body, Memory, Protocol):
    """What a loop asks of the body that it stands in."""

    layer: str
    lasting: set[str]
    reshaped: dict[tuple[str, tuple[int | str, ...]], str]
    quiet: bool

    @property
    def size(self) -> Callable[[str], str]: ...

    def dimensions(self, name: str) -> int: ...


def stepped(body: Body, inside: Sequence[Statement], loop: Loop) -> list[Line]:
    """The lines of a loop over steps; where numbers may overflow in it, under what says once that this is right.

    To say so in each step takes three microseconds there, 2.8 % of an LSTM of 32 steps of 32 x 512 numbers.
    """
    if not body.quiet:
        return _loop(body, inside, loop, 0)
    lines = _loop(body, inside, loop, 1)
    return [Line(f"{QUIETLY}  # of exponentials in sigmoids"), *(replace(a, indent=a.indent + 1) for a in lines)]


def _loop(body: Body, inside: Sequence[Statement], loop: Loop, levels: int) -> list[Line]:
    """The lines of a loop, with room to stand so many levels further in."""
    taken = {*(a.text for a in body.arrays.values()), *(size for size, _, _ in body.program.sizes)}
    stepping = Stepping(body.step, step_count(loop, body.size), loop.reverse, body.dimensions, taken)
    room = ROOM - 4 * levels
    lines = calling.printed(body, inside, 1, stepping.rewritten, room)
    if stepping.few:
        return [loop_line(body.program, loop, body.size), *calling.printed(body, inside, 1, room=room)]
    indexed = body.step in words(lines)
    if not all(_lasts(name, body) for name in stepping.bases):
        return [*stepping.head(indexed, room), *lines]
    of = stepping.kept(str(loop.axis.size), indexed)
    name = named_view(of, f"{'back_' if loop.reverse else ''}steps_{body.layer}", body)
    return [*stepping.over(name, indexed, room), *lines]


def _lasts(name: str, body: Body) -> bool:
    """Whether an array stays where it is as long as the workspace does."""
    sources = {view: source for (source, _), view in body.reshaped.items()}
    array = body.arrays.get(sources.get(name, name))
    return array is not None and array.kind == "value" and array.name not in body.lasting


def _behind(turned: str) -> str:
    """A transposition of a part as one of the whole, whose first axis stays."""
    if not turned:
        return ""
    order = (int(k) + 1 for k in re.findall(r"\d+", turned))
    return f".transpose({', '.join(map(str, (0, *order)))})"


def listed(head: str, items: Sequence[str], tail: str, room: int = ROOM) -> list[Line]:
    """The items between head and tail, in as many rows as they need."""
    one = f"{head}{', '.join(items)}{tail}"
    if len(one) <= room:
        return [Line(one)]
    opening, closing = (head, tail) if head.endswith("(") else (f"{head}(", f"){tail}")
    return [Line(opening), *in_rows(items, room), Line(closing)]
