"""Loops over parts of arrays: ``for y_rows, x_rows in zip(each_y_rows, each_x_rows)``, all views made once.

A view of a part takes 0.2 microseconds where a step makes it, of its windows thirty; from a list of the workspace it
takes none that can be measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Protocol

from symbp.emit.compiled import calling
from symbp.emit.each import OF_SELF, each
from symbp.emit.model import Buffer, Line
from symbp.emit.wrapping import ROOM, in_rows
from symbp.lower.model import Program, Statement

NAMES = re.compile(r"\w+")
Size = int | str


class Body(calling.Body, Protocol):
    """What a loop asks of the body that it stands in."""

    needed: dict[str, None]
    used: dict[str, None]
    reshaped: dict[tuple[str, tuple[Size, ...]], str]
    window_views: dict[str, Buffer]


def in_parts(body: Body, inside: Sequence[Statement], title: Callable[[Program, Statement], str]) -> list[Line]:
    """The lines of a loop over parts, each layer under its name."""
    lines, last = list[Line](), title(body.program, inside[0])
    for _, group in groupby(inside, key=lambda s: s.kernel or title(body.program, s)):
        run = list(group)
        now = title(body.program, run[0])
        lines += [Line(f"# {now}", indent=1)] if now != last else []
        lines += calling.printed(body, run, 1)
        last = title(body.program, run[-1])
    moving = _moving(body)
    words = dict.fromkeys(w for line in lines if not line.text.startswith("#") for w in NAMES.findall(line.text))
    met = [word for word in words if word in moving]
    for name in [name for name in body.used if name in moving]:  # in order: the text is the same in every run
        del body.used[name]
        body.needed[name] = None
    for name in met:
        body.used[each(name)] = None
    return [*_head(met), *lines]


def _moving(body: Body) -> set[str]:
    """The names of parts, and of views of parts."""
    found = {name for name, array in body.arrays.items() if array.rows}
    found |= {view for (name, _), view in body.reshaped.items() if name in found}
    return found | {name for name, b in body.window_views.items() if found & set(OF_SELF.findall(b.of))}


def _head(names: Sequence[str]) -> list[Line]:
    """The head of the loop: the parts that a step works on."""
    if len(names) == 1:
        return [Line(f"for {names[0]} in {each(names[0])}:")]
    whole = f"for {', '.join(names)} in zip({', '.join(map(each, names))}, strict=True):"
    if len(whole) <= ROOM:
        return [Line(whole)]
    lists = in_rows(map(each, names))
    head = f"for {', '.join(names)} in zip("
    if len(head) <= ROOM:
        return [Line(head), *lists, Line("strict=True,", indent=1), Line("):")]
    return [Line("for ("), *in_rows(names), Line(") in zip("), *lists, Line("strict=True,", indent=1), Line("):")]
