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
    dimension, first, far, end = view.rows.dimension, view.rows.first, view.rows.far, view.rows.end
    places = [":"] * len(view.shape)
    for k, (size, own, start) in enumerate(zip(base.shape, view.shape, view.shift, strict=True)):
        if k != dimension and own != size:
            places[k] = f"{start or ''}:{start + int(own)}"
    places[dimension] = f"k : k + {view.shape[dimension]}"
    while places[-1] == ":":
        places.pop()
    ends = f"{first}, {end}" if first else f"{end}"
    steps = f"range({ends if first or far == 1 else f'0, {ends}'}{f', {far}' if far > 1 else ''})"
    return Buffer(each(view.name), (), view.dtype, f"[self.{base.name}[{', '.join(places)}] for k in {steps}]")


def parts_of_any(parts: Sequence[Array], arrays: Mapping[str, Array]) -> str:
    """All parts of arrays whose rows a call counts; of what is as long as a part, as many rows as are left."""
    texts = []
    for part in parts:
        assert part.rows is not None
        (length, *rest), end = part.shape, part.rows.end
        base = arrays[part.view_of or part.name]
        matrix = "" if len(base.shape) == len(part.shape) else f".reshape({', '.join(map(str, (-1, *rest)))})"
        texts.append(f"self.{base.name}{matrix}[{f'k : k + {length}' if part.rows.far else f': {end} - k'}]")
    item = f"({', '.join(texts)})" if texts[1:] else texts[0]
    return f"[{item} for k in range(0, {end}, {length})]"


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
    found = {name for name, array in arrays.items() if array.rows and isinstance(array.rows.end, int)}
    return found | {view for (name, _), view in reshaped.items() if name in found}
