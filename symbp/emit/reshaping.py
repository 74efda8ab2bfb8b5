"""Arrays of the workspace in other shapes, made once with it: ``taps_c2_matrix`` for ``taps_c2.reshape(96, -1)``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Protocol

from symbp.emit.viewing import Size, view_name
from symbp.lower.model import Array, Program, lies_whole


class Body(Protocol):
    """What is asked of the body that the lines belong to."""

    program: Program
    arrays: dict[str, Array]
    used: dict[str, None]
    needed: dict[str, None]
    reshaped: dict[tuple[str, tuple[Size, ...]], str]

    def size_of(self, name: str) -> str: ...


def view_of(body: Body, name: str, wanted: tuple[Size, ...]) -> str:
    """The name of an array of the workspace in another shape: a view that is made once."""
    if (name, wanted) not in body.reshaped:
        taken = {*body.arrays, *body.reshaped.values()}
        body.reshaped[name, wanted] = view_name(name, len(body.arrays[name].shape), len(wanted), taken)
    view = body.reshaped[name, wanted]
    body.used[view] = body.needed[name] = None
    return view


RESHAPE = re.compile(r"(?<![.\w])(\w+)\.reshape\(((?:[^()]|\(\w+\))*)\)")


def reshaped_once(body: Body, text: str) -> str:
    """A statement with names of views of the workspace for what it reshapes of that.

    An array with gaps between its rows has no such view: it is copied whenever it is read in another shape.
    """
    names = {body.size_of(size): size for size, _, _ in body.program.sizes}

    def once(found: re.Match[str]) -> str:
        name, array = found.group(1), body.arrays.get(found.group(1))
        if array is None or array.kind != "value" or name not in body.used or not lies_whole(array, body.arrays):
            return found.group()
        wanted = _sizes(found.group(2), names, array.shape)
        if wanted is None or wanted == array.shape:
            return found.group() if wanted is None else name
        return view_of(body, name, wanted)

    return RESHAPE.sub(once, text)


def _sizes(text: str, names: Mapping[str, str], shape: tuple[Size, ...]) -> tuple[Size, ...] | None:
    """``-1, x.shape[1] * 64`` as sizes by which the workspace knows them; nothing where it does not.

    The size that -1 stands for is written out where that is one number or one name.
    """
    found: list[list[str]] = []
    for part in text.split(", "):
        factors = [names.get(factor, factor) for factor in part.split(" * ")]
        if any(not (factor.lstrip("-").isdigit() or factor in names.values()) for factor in factors):
            return None
        found.append(factors)
    left = [str(size) for size in shape if not isinstance(size, int)]
    number = math.prod(size for size in shape if isinstance(size, int))
    for factor in (factor for factors in found for factor in factors if factor != "-1"):
        if factor.isdigit():
            number //= int(factor)
        elif factor in left:
            left.remove(factor)
    rest = left[0] if len(left) == 1 and number == 1 else str(number) if not left else "-1"
    texts = [rest if factors == ["-1"] else " * ".join(factors) for factors in found]
    return tuple(int(t) if t.lstrip("-").isdigit() else t for t in texts)
