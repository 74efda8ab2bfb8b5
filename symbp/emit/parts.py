"""Loops over parts of arrays: ``for y_rows, x_rows in ws.parts_fc1``, views that are made once with the workspace.

A view of a part takes 0.2 microseconds where a step makes it, of its windows thirty; from a list of the workspace it
takes none that can be measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Protocol

from symbp.emit.compiled import calling
from symbp.emit.each import OF_SELF, each, parts_of_any
from symbp.emit.model import Buffer, Line
from symbp.emit.stepping import listed
from symbp.lower.model import BACKWARD, Program, Statement, free_name

NAMES = re.compile(r"\w+")
Size = int | str


class Body(calling.Body, Protocol):
    """What a loop asks of the body that it stands in."""

    layer: str
    needed: dict[str, None]
    used: dict[str, None]
    reshaped: dict[tuple[str, tuple[Size, ...]], str]
    window_views: dict[str, Buffer]


def in_parts(body: Body, inside: Sequence[Statement], title: Callable[[Program, Statement], str]) -> list[Line]:
    """The lines of a loop over parts, each layer under its name."""
    lines, last, layer = list[Line](), title(body.program, inside[0]), ""
    for _, group in groupby(inside, key=lambda s: s.kernel or title(body.program, s)):
        run = list(group)
        now = title(body.program, run[0])
        lines += [Line(f"# {now}", indent=1)] if now != last else []
        lines += calling.printed(body, run, 1)
        last, layer = title(body.program, run[-1]), layer or body.layer or body.program.name
    moving = _moving(body)
    words = dict.fromkeys(w for line in lines if not line.text.startswith("#") for w in NAMES.findall(line.text))
    met = [word for word in words if word in moving]
    used = [name for name in body.used if name in moving]  # in order: the text is the same in every run
    for name in used:
        del body.used[name]
    arrays = [body.arrays[name] for name in met if name in body.arrays]
    if any(a.rows and isinstance(a.rows.end, str) for a in arrays):
        body.needed |= dict.fromkeys(a.view_of or a.name for a in arrays)
        of = parts_of_any(arrays, body.arrays)
    else:
        body.needed |= dict.fromkeys((*used, *map(each, met)))
        of = f"list(zip({', '.join(f'self.{each(name)}' for name in met)}, strict=True))" if met[1:] else ""
    stem = f"{'back_' if inside[0].stage == BACKWARD else ''}parts_{layer}"
    return [*listed("for ", met, f" in ws.{_kept(body, of, stem) if of else each(met[0])}:"), *lines]


def _kept(body: Body, of: str, stem: str) -> str:
    """The name of the list that a loop goes through, one for equal lists."""
    known = {view.of: name for name, view in body.window_views.items()}
    name = known.get(of) or free_name(stem, {*body.arrays, *body.window_views})
    body.window_views[name] = Buffer(name, (), "real", of)
    body.needed[name] = None
    return name


def _moving(body: Body) -> set[str]:
    """The names of parts, and of views of parts."""
    found = {name for name, array in body.arrays.items() if array.rows}
    found |= {view for (name, _), view in body.reshaped.items() if name in found}
    return found | {name for name, b in body.window_views.items() if found & set(OF_SELF.findall(b.of))}
