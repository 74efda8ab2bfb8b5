"""A product of two arrays as one NumPy call that writes into an array."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from symbp.emit.alignment import subscripts
from symbp.lower.model import Axis, Product

Extent = Callable[[Axis], str]


@dataclass(frozen=True, slots=True)
class Operand:
    """The text of an array in the shape of its axes, and as it lies in memory where that is another shape."""

    text: str
    axes: tuple[Axis, ...]
    own: str = ""
    shape: tuple[int | str, ...] = ()


class Reshaping(Protocol):
    """What knows the views of a body's arrays in other shapes."""

    def in_shape(self, text: str, *groups: Sequence[Axis] | None) -> str: ...


def product_call(node: Product, a: Operand, b: Operand, out: Operand, views: Reshaping) -> str:
    """``np.dot(x, W, out=z)`` on flattened axes where the sum is a matrix product, else an einsum."""
    if not (set(a.axes) & set(b.axes)) - set(node.over):
        for form in (_dot, _stack):
            for first, second in ((a, b), (b, a)):
                text = form(first, second, node, out, views)
                if text:
                    return text
    stacked = _stacked(a, b, node.over, out, views)
    if stacked:
        return stacked
    a_text, b_text, out_text = subscripts(a.axes, b.axes, out.axes)
    return f'np.einsum("{a_text},{b_text}->{out_text}", {a.text}, {b.text}, out={out.text})'


def _dot(a: Operand, b: Operand, node: Product, out: Operand, views: Reshaping) -> str:
    """The call with a's axes first, or nothing where that would need a copy."""
    over = node.over
    rows = [x for x in a.axes if x not in over]
    columns = [x for x in b.axes if x not in over]
    if list(out.axes) != rows + columns:
        return ""
    for summed in ([x for x in a.axes if x in over], [x for x in b.axes if x in over]):
        if _is_matrix(a, rows, summed) and _is_matrix(b, summed, columns):
            left, right = _matrix(a, rows, summed, views), _matrix(b, summed, columns, views)
            return f"np.{node.form or 'dot'}({left}, {right}, out={_reshaped(out, rows, columns, views)})"
    return ""


def _stack(a: Operand, b: Operand, node: Product, out: Operand, _: Reshaping) -> str:
    """A matrix times each of a stack of matrices, which broadcasting counts; nothing where the axes do not say that."""
    over = node.over
    rows = [x for x in a.axes if x not in over]
    if len(over) != 1 or len(rows) != 1 or len(b.axes) < 3 or b.axes[-2] != over[0]:
        return ""
    if list(out.axes) != [*b.axes[:-2], rows[0], b.axes[-1]]:
        return ""
    left = a.text if a.axes == (rows[0], over[0]) else f"{a.text}.T"
    return f"np.matmul({left}, {b.text}, out={out.text})"


def _stacked(a: Operand, b: Operand, over: Sequence[Axis], out: Operand, views: Reshaping) -> str:
    """One product for each matrix of a stack; nothing where the axes of an operand would have to be turned."""
    stack = [x for x in out.axes if x in a.axes and x in b.axes]
    rows, columns = ([x for x in out.axes if x in side.axes and x not in stack] for side in (a, b))
    summed = [x for x in a.axes if x in over]
    sides = ((a, rows, summed), (b, summed, columns), (out, rows, columns))
    if not all(_groups(side, (*([k] for k in stack), first, second)) for side, first, second in sides):
        return ""
    left, right, filled = (matrices(side, stack, first, second, views) for side, first, second in sides)
    return f"np.matmul({left}, {right}, out={filled})"


def _groups(x: Operand, groups: Iterable[Sequence[Axis]]) -> list[tuple[Axis, ...]]:
    """The groups of axes in the order in which they lie; nothing where the axes of one do not lie together."""
    found = [tuple(group) for group in groups if group]
    found.sort(key=lambda group: x.axes.index(group[0]))
    return found if [a for group in found for a in group] == list(x.axes) else []


def matrices(
    x: Operand, stack: Sequence[Axis], rows: Sequence[Axis], columns: Sequence[Axis], views: Reshaping
) -> str:
    """`x` as a stack of matrices: axes of the stack one by one, then rows and columns, each as one axis."""
    parts = _groups(x, (*([a] for a in stack), rows, columns))
    if not parts:
        return ""
    shape: list[tuple[Axis, ...] | None] = [*parts]
    order = [parts.index((a,)) for a in stack]
    for k, group in enumerate((rows, columns)):
        if group:
            order.append(parts.index(tuple(group)))
        else:  # a vector is a matrix with one row or column
            order.append(len(parts) + k)
            shape.append(())
    names = sorted(order)
    text = x.text
    if any(len(part) > 1 for part in parts) or len(shape) > len(parts):
        free = [part for part in parts if not _known(part)]
        text = views.in_shape(text, *(None if [part] == free else part for part in shape))
    order = [names.index(k) for k in order]
    if order == list(range(len(order))):
        return text
    if order == [*range(len(order) - 2), len(order) - 1, len(order) - 2]:
        return f"{text}.swapaxes(-1, -2)" if len(order) > 2 else f"{text}.T"
    return f"{text}.transpose({', '.join(map(str, order))})"


def size_text(axes: Sequence[Axis], extent: Extent) -> str:
    """How many places axes have together."""
    known = math.prod(a.size for a in axes if isinstance(a.size, int))
    free = [extent(a) for a in axes if not isinstance(a.size, int)]
    return " * ".join([*free, *([str(known)] if known != 1 or not free else [])])


def _is_matrix(x: Operand, rows: Sequence[Axis], columns: Sequence[Axis]) -> bool:
    """Whether the axes of `x` are rows and columns of a matrix as they lie, or of its transpose."""
    return list(x.axes) in ([*rows, *columns], [*columns, *rows])


def _matrix(x: Operand, rows: Sequence[Axis], columns: Sequence[Axis], views: Reshaping) -> str:
    """`x` with its axes as rows and columns of a matrix, without a copy; a vector where one of them is empty."""
    if list(x.axes) == [*rows, *columns]:
        return _reshaped(x, rows, columns, views)
    return f"{_reshaped(x, columns, rows, views)}.T"


def _reshaped(x: Operand, rows: Sequence[Axis], columns: Sequence[Axis], views: Reshaping) -> str:
    """A view of a contiguous array with at most one axis of rows and one of columns."""
    text = x.own or x.text
    if x.own and [str(size) for size in x.shape] == [size_text(part, str_of) for part in (rows, columns) if part]:
        return text
    if len(rows) <= 1 and len(columns) <= 1:
        return x.text
    if not columns or not rows:
        return views.in_shape(text, None)
    if _known(columns) or not _known(rows):
        return views.in_shape(text, None, columns)
    return views.in_shape(text, rows, None)


def str_of(axis: Axis) -> str:
    """The text of a size."""
    return str(axis.size)


def _known(axes: Sequence[Axis]) -> bool:
    return all(isinstance(a.size, int) for a in axes)
