"""Lists of the parts of arrays, which loops go through, and of views of these parts: made once, with the workspace."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from symbp.emit.model import Buffer
from symbp.lower.model import Array

OF_SELF = re.compile(r"\bself\.(\w+)")
Size = int | str


def each(name: str) -> str:
    """The name of the list of all parts."""
    return f"each_{name}"


def each_part(base: Array, view: Array) -> Buffer:
    """The list of all parts of an array, which a loop goes through."""
    assert view.rows is not None
    dimension, first, far, count = view.rows
    places = [":"] * len(view.shape)
    for k, (size, own, start) in enumerate(zip(base.shape, view.shape, view.shift, strict=True)):
        if k != dimension and own != size:
            places[k] = f"{start or ''}:{start + int(own)}"
    places[dimension] = f"k : k + {view.shape[dimension]}"
    while places[-1] == ":":
        places.pop()
    ends = f"{first}, {first + far * count}" if first else f"{far * count}"
    steps = f"range({ends if first or far == 1 else f'0, {ends}'}{f', {far}' if far > 1 else ''})"
    return Buffer(each(view.name), (), view.dtype, f"[self.{base.name}[{', '.join(places)}] for k in {steps}]")


def window_lists(views: Sequence[Buffer], moving: Collection[str]) -> list[Buffer]:
    """The views of windows, of parts as lists."""
    return [_listed(b, [name for name in OF_SELF.findall(b.of) if name in moving]) for b in views]


def _listed(b: Buffer, of: list[str]) -> Buffer:
    """A view as it is, or a list of views of the parts `of` an array."""
    if not of:
        return b
    text = re.sub(rf"\bself\.{of[0]}\b", "part", b.of)
    return Buffer(each(b.name), b.shape, b.dtype, f"[{text} for part in self.{each(of[0])}]")


def moving_names(arrays: Mapping[str, Array], reshaped: Mapping[tuple[str, tuple[Size, ...]], str]) -> set[str]:
    """The arrays that are parts, and the views of them in other shapes."""
    found = {name for name, array in arrays.items() if array.rows}
    return found | {view for (name, _), view in reshaped.items() if name in found}
