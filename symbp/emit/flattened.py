"""Products of arrays of several axes as products of matrices: ``(h @ p.U).reshape(-1, 4, 20)``, ``a.T @ b``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from symbp.lower.model import Axis

Size = int | str
Shape = tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """An operand: its text in the shape of its axes, and as it lies in memory where that is another shape."""

    text: str
    axes: tuple[Axis, ...]
    own: str = ""
    shape: Shape = ()


@dataclass(frozen=True, slots=True)
class Flat:
    """A product of matrices as text, its shape, and the same in the shape of its axes."""

    text: str
    shape: Shape
    axes: tuple[Axis, ...]
    whole: str


def matrix_product(a: Side, b: Side, over: Sequence[Axis], size: Callable[[str], str]) -> Flat | None:
    """The product with the other axes of `a` first; None where an operand would have to be turned."""
    rows, columns = _apart(a.axes, over), _apart(b.axes, over)
    summed = tuple(x for x in a.axes if x in over)
    if not rows or not columns or set(rows) & set(columns) or tuple(x for x in b.axes if x in over) != summed:
        return None
    stacked = a.axes == (*rows, *summed) and len(rows) > 1  # as many axes in front as there are
    left = _rows(a, rows, summed, size) if stacked else _matrix(a, rows, summed)
    right = _matrix(b, summed, columns)
    if not left or not right:
        return None
    text = f"{left} @ {right}"
    shape = (*((x.size for x in rows) if stacked else (_count(rows),)), _count(columns))
    wanted = tuple(x.size for x in (*rows, *columns))
    axes = (*rows, *columns)
    return Flat(text, shape, axes, text if shape == wanted else f"({text}).reshape({_shape_text(wanted, size)})")


def _rows(side: Side, rows: tuple[Axis, ...], summed: tuple[Axis, ...], size: Callable[[str], str]) -> str:
    """A stack of matrices: the axes in front as they are, those that are summed as one."""
    shape = (*(x.size for x in rows), _count(summed))
    if len(summed) == 1:
        return side.text
    if side.shape == shape:
        return side.own
    return f"{side.own or side.text}.reshape({_shape_text(shape, size)})"


def _apart(axes: Sequence[Axis], over: Sequence[Axis]) -> tuple[Axis, ...]:
    return tuple(x for x in axes if x not in over)


def _matrix(side: Side, rows: tuple[Axis, ...], columns: tuple[Axis, ...]) -> str:
    """An operand as a matrix; nothing where its axes lie in another order."""
    for first, second, turn in ((rows, columns, ""), (columns, rows, ".T")):
        if side.axes != (*first, *second):
            continue
        if side.shape == (_count(first), _count(second)):
            return f"{side.own}{turn}"
        if len(first) == len(second) == 1:
            return f"{side.text}{turn}"
        known = _count(second) if isinstance(_count(second), int) else ""
        if known:
            return f"{side.text}.reshape(-1, {known}){turn}"
        if isinstance(_count(first), int):
            return f"{side.text}.reshape({_count(first)}, -1){turn}"
    return ""


def _count(axes: Sequence[Axis]) -> Size:
    """How many places axes have together: a number, or a text where a call fixes it."""
    sizes = [x.size for x in axes]
    if all(isinstance(size, int) for size in sizes):
        return prod(size for size in sizes if isinstance(size, int))
    return str(sizes[0]) if len(sizes) == 1 else " * ".join(map(str, sizes))


def _shape_text(shape: Shape, size: Callable[[str], str]) -> str:
    """A shape as arguments of ``reshape``: the first size that a call fixes follows from the others."""
    free = next((k for k, s in enumerate(shape) if isinstance(s, str)), None)
    return ", ".join("-1" if k == free else size(s) if isinstance(s, str) else str(s) for k, s in enumerate(shape))
