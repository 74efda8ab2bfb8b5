"""Arrays of the workspace in other shapes, made once with it: ``taps_c2_matrix`` for ``taps_c2.reshape(96, -1)``."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Protocol

from symbp.emit.products import size_text, str_of
from symbp.emit.viewing import Size, view_name
from symbp.lower.model import Array, Axis, Program, lies_whole


class Body(Protocol):
    """What is asked of the body that the lines belong to."""

    program: Program
    arrays: dict[str, Array]
    used: dict[str, None]
    needed: dict[str, None]
    reshaped: dict[tuple[str, tuple[Size, ...]], str]

    def extent(self, axis: Axis) -> str: ...


def view_of(body: Body, name: str, wanted: tuple[Size, ...]) -> str:
    """The name of an array of the workspace in another shape: a view that is made once."""
    if (name, wanted) not in body.reshaped:
        taken = {*body.arrays, *body.reshaped.values()}
        body.reshaped[name, wanted] = view_name(name, len(body.arrays[name].shape), len(wanted), taken)
    view = body.reshaped[name, wanted]
    body.used[view] = body.needed[name] = None
    return view


def reshaped(body: Body, text: str, groups: Sequence[Sequence[Axis] | None]) -> str:
    """`text`, an array, in C order with the axes of each group as one dimension; None stands for all that is left.

    A whole array of the workspace has views of it that are made once.  One with gaps between its rows has none: it is
    copied whenever it is read in another shape.
    """
    array = body.arrays.get(text)
    if array is not None and array.kind == "value" and text in body.used and lies_whole(array, body.arrays):
        wanted = _sizes(groups, {size for size, _, _ in body.program.sizes}, array.shape)
        if wanted is not None:
            return text if wanted == array.shape else view_of(body, text, wanted)
    sizes = ("-1" if group is None else size_text(group, body.extent) for group in groups)
    return f"{text}.reshape({', '.join(sizes)})"


def _sizes(
    groups: Sequence[Sequence[Axis] | None], known: Collection[str], shape: tuple[Size, ...]
) -> tuple[Size, ...] | None:
    """The shape that an array of `shape` then has, by the sizes that the workspace knows; nothing where it does not.

    The size of what is left is written out where that is one number or one name.
    """
    left = [size for size in shape if isinstance(size, str)]
    number = math.prod(size for size in shape if isinstance(size, int))
    for axis in (axis for group in groups for axis in group or ()):
        if isinstance(axis.size, int):
            number //= axis.size
        elif axis.size not in known:
            return None
        elif axis.size in left:
            left.remove(axis.size)
    rest: Size = left[0] if len(left) == 1 and number == 1 else number if not left else -1
    texts = [rest if group is None else size_text(group, str_of) for group in groups]
    return tuple(int(text) if str(text).isdigit() else text for text in texts)
