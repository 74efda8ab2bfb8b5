"""Loops over strips: ``for z_up_rows, u_up in ws.up_strips``, views that are made once with the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from symbp.emit import reshaping
from symbp.emit.compiled import calling
from symbp.emit.model import Buffer, Line
from symbp.emit.stepping import listed
from symbp.lower.model import Array, Statement, Strip, free_name, one_strip, rows_of

REMARK = "# Some rows at a time: a cache holds what one statement leaves to the next."


class Body(calling.Body, reshaping.Body, Protocol):
    """What a loop over strips asks of the body that it stands in."""

    views: dict[str, str]
    window_views: dict[str, Buffer]
    plainly: dict[str, None]

    def shown(self, name: str) -> str: ...


def named_here(body: Body, s: Statement) -> bool:
    """Whether a statement gives a name to something: a number, or memory of a strip."""
    return body.arrays[s.target].strip is not None or not (s.axes or s.at)


def in_strips(body: Body, inside: Sequence[Statement]) -> list[Line]:
    """The lines of a loop over strips; an array that outlasts a strip goes by another name in it."""
    strip = inside[0].strip
    assert strip is not None
    names = list(dict.fromkeys(name for s in inside for name in rows_of(s)))
    arrays = {name: body.arrays[name] for name in names}
    taken = set(body.arrays)
    texts = {name: name if a.strip else free_name(f"{name}_rows", taken) for name, a in arrays.items()}
    made_once = _views(body, arrays, strip)
    body.arrays |= {name: replace(a, shape=(strip.rows, *a.shape[strip.lead :])) for name, a in arrays.items()}
    body.views |= texts
    lines = calling.printed(body, [one_strip(s) for s in inside], 1)
    body.arrays |= arrays
    for name in names:
        del body.views[name]
    each = [*texts.values()] if len(texts) > 1 else [f"({texts[names[0]]},)"]
    return [Line(REMARK), *listed("for ", each, f" in ws.{made_once}:"), *lines]


def _views(body: Body, arrays: dict[str, Array], strip: Strip) -> str:
    """The name of the list of all strips in the workspace."""
    for name in arrays:
        body.needed[name] = None
    matrices = ", ".join(f"self.{_by_rows(body, a, strip)}" for a in arrays.values())
    first = next(a for a in arrays.values() if not a.strip)
    count = " * ".join(map(str, first.shape[: strip.lead]))
    body.plainly["strips"] = None
    of = f"strips({count}, {strip.rows}, {matrices})"
    known = {view.of: name for name, view in body.window_views.items()}
    name = known.get(of) or free_name(f"{strip.name}_strips", {*body.arrays, *body.window_views})
    body.window_views[name] = Buffer(name, (), "strips", of)
    body.needed[name] = None
    return name


def _by_rows(body: Body, array: Array, strip: Strip) -> str:
    """An array whose first axis counts the rows."""
    if array.strip or strip.lead == 1:
        return array.name
    rest = array.shape[strip.lead :]
    view = reshaping.view_of(body, array.name, (-1, *rest))
    body.needed[view] = None
    return view
