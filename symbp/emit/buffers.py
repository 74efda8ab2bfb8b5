"""The arrays of a workspace, in an order in which they can be made: buffers first, then views of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbp.emit.loops import part, room
from symbp.emit.model import Buffer
from symbp.lower.model import Array


def shared(names: Iterable[str], arrays: Mapping[str, Array], owner: Mapping[str, str]) -> list[Buffer]:
    """Buffers for these arrays: the first name of each makes it, the others are names of the same memory.

    An array with room around it makes the whole of it; a shifted view comes after all that lie in memory.
    """
    wanted = dict.fromkeys(arrays[name].view_of or name for name in names)
    views = [arrays[name] for name in names if arrays[name].view_of]
    first: dict[str, str] = {}
    made: list[Buffer] = []
    for name in sorted(wanted, key=lambda n: not arrays[n].padding):
        array, whole = arrays[name], owner.get(name, name)
        shape = tuple(str(size) for size in array.shape)
        if array.padding:
            made += room(array)
        else:
            made.append(Buffer(name, shape, array.dtype, f"self.{first[whole]}" if whole in first else ""))
        first.setdefault(whole, name)
    return made + [Buffer(view.name, (), view.dtype, part(arrays[view.view_of], view)) for view in views]


def other_shapes(
    reshaped: Mapping[tuple[str, tuple[int | str, ...]], str], arrays: Mapping[str, Array]
) -> list[Buffer]:
    """The views of values in other shapes."""
    made: list[Buffer] = []
    for (name, wanted), view in reshaped.items():
        shape = tuple(map(str, wanted))
        made.append(Buffer(view, shape, arrays[name].dtype, f"self.{name}.reshape({', '.join(shape)})"))
    return made
