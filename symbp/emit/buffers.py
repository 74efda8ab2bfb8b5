"""The arrays of a workspace, in an order in which they can be made: buffers first, then views of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbp.emit.each import each, each_part
from symbp.emit.loops import part, room
from symbp.emit.model import Buffer
from symbp.lower.model import Array, numbers_of


def shared(names: Iterable[str], arrays: Mapping[str, Array], owner: Mapping[str, str]) -> list[Buffer]:
    """Buffers for these arrays: the first name of each makes it, the others are names of the same memory.

    An array with room around it makes the whole of it; a shifted view comes after all that lie in memory.
    """
    wanted = dict.fromkeys(arrays[name].view_of or name for name in names)
    wanted = {name: None for name in wanted if arrays[name].kind != "padded"}  # those stand already
    views = [arrays[name] for name in names if arrays[name].view_of]
    first: dict[str, str] = {}
    made: list[Buffer] = []
    for name in _makers_first(wanted, arrays, owner):
        array, whole = arrays[name], owner.get(name, name)
        shape = tuple(str(size) for size in array.shape)
        if array.padding:
            made += room(array)
        else:
            of = _within(arrays[first[whole]], array) if whole in first else ""
            made.append(Buffer(name, shape, array.dtype, of))
        first.setdefault(whole, name)
    return made + [
        each_part(arrays[view.view_of], view)
        if view.rows
        else Buffer(view.name, (), view.dtype, part(arrays[view.view_of], view))
        for view in views
    ]


def _makers_first(wanted: Iterable[str], arrays: Mapping[str, Array], owner: Mapping[str, str]) -> list[str]:
    """Arrays with room first, then the others; of those that share memory the largest comes before the others."""
    names = sorted(wanted, key=lambda n: not arrays[n].padding)
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(owner.get(name, name), []).append(name)
    first = {whole: max(group, key=lambda n: numbers_of(arrays[n].shape)[0]) for whole, group in groups.items()}
    ordered = (n for name in names for n in (first[owner.get(name, name)], name))
    return list(dict.fromkeys(ordered))


def _within(maker: Array, array: Array) -> str:
    """The text of an array in the memory of another one."""
    if maker.shape == array.shape:
        return f"self.{maker.name}"
    numbers, symbols = numbers_of(array.shape)
    part = "" if numbers == numbers_of(maker.shape)[0] else f".reshape(-1)[: {' * '.join((str(numbers), *symbols))}]"
    return f"self.{maker.name}{part}.reshape({', '.join(map(str, array.shape))})"


def other_shapes(
    reshaped: Mapping[tuple[str, tuple[int | str, ...]], str], arrays: Mapping[str, Array]
) -> list[Buffer]:
    """The views of values in other shapes."""
    made: list[Buffer] = []
    for (name, wanted), view in reshaped.items():
        shape = tuple(map(str, wanted))
        of = f"reshape({', '.join(shape)})"
        parts = bool(arrays[name].rows)
        text = f"[part.{of} for part in self.{each(name)}]" if parts else f"self.{name}.{of}"
        made.append(Buffer(each(view) if parts else view, shape, arrays[name].dtype, text))
    return made
