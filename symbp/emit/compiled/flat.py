"""Axes that lie behind one another in every array of a kernel are counted by one loop: short loops are slow ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from symbp.emit.compiled.access import Access, Index
from symbp.emit.compiled.nests import Items, Nest, Operation, operations_of
from symbp.lower.model import Affine, Axis, Node, OneHot, Position, walk


@dataclass(frozen=True, slots=True)
class Group:
    """Axes that one loop counts, the outermost first."""

    axes: tuple[Axis, ...]


def groups(root: Items, whole: Callable[[str], bool]) -> list[Group]:
    """The axes of the outer loops, those together that one loop may count; `whole` arrays lie without gaps."""
    chain, inner = _chain(root)
    if len(root) != 1 or not chain:
        return []
    operations = list(operations_of(inner))
    found = [a for op in operations for a in (*op.read, op.target)]
    apart = {axis for op in operations for axis in _counted(op)}
    made: list[list[Axis]] = []
    for axis in chain:
        last = made[-1][-1] if made else None
        if last is not None and not apart & {last, axis} and all(_together(a, last, axis, whole) for a in found):
            made[-1].append(axis)
        else:
            made.append([axis])
    return [Group(tuple(axes)) for axes in made]


def grouped(index: tuple[Index, ...], together: Iterable[Group]) -> list[Index | Group]:
    """The index with the axes of each group in one place."""
    first = {group.axes[0]: group for group in together if len(group.axes) > 1}
    result: list[Index | Group] = []
    at = 0
    while at < len(index):
        place = index[at]
        group = first.get(place) if isinstance(place, Axis) else None
        if group is not None and index[at : at + len(group.axes)] == group.axes:
            result.append(group)
            at += len(group.axes)
        else:
            result.append(place)
            at += 1
    return result


def _chain(items: Items) -> tuple[list[Axis], Items]:
    """The axes of loops that stand one in the other with nothing between them, and what the innermost one holds."""
    axes: list[Axis] = []
    while len(items) == 1 and isinstance(items[0], Nest):
        axes.append(items[0].axis)
        items = items[0].items
    return axes, items


def _counted(op: Operation) -> Iterator[Axis]:
    """The axes whose place is needed as a number."""
    if op.part in ("", "each"):
        for node in walk(op.value):
            yield from _axes(node)
    for access in (*op.read, op.target):
        for place in access.index:
            if isinstance(place, Affine):
                yield from place.axes


def _axes(node: Node) -> tuple[Axis, ...]:
    return (node.axis,) if isinstance(node, OneHot | Position) else ()


def _together(access: Access, first: Axis, second: Axis, whole: Callable[[str], bool]) -> bool:
    """Whether two axes follow one another in an array, or neither is there."""
    at = access.along(first)
    if at is None or access.along(second) is None:
        return access.along(first) is None and access.along(second) is None
    return whole(access.name) and access.along(second) == at + 1

