"""Products with windows that are matrices where they lie: ``np.matmul(K, rows.swapaxes(1, 2), out=z)``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from symbp.emit.memory import Memory
from symbp.emit.products import Operand, matrices, product_call, size_text, str_of
from symbp.emit.windowed import named_view
from symbp.lower.model import Axis, Node, Product, Read, Strided, axes_of, strided


class Body(Memory, Protocol):
    """What the printing of a product asks of the body that it stands in."""

    def operand(self, node: Node, text: str, axes: tuple[Axis, ...] = ()) -> Operand: ...
    def in_shape(self, text: str, *groups: Sequence[Axis] | None) -> str: ...


def product_text(node: Product, out: Operand, body: Body) -> str:
    """The call that carries out a product of arrays, or of an array and windows that it takes where they lie."""
    found = strided(node)
    if found is not None:
        other = body.operand(found.other, body.leaf(found.other, axes_of(found.other)))
        return _strided_call(found, other, out, body)
    left, right = (body.operand(n, body.leaf(n, axes_of(n))) for n in node.children)
    return product_call(node, left, right, out, body)


def _strided_call(found: Strided, other: Operand, out: Operand, memory: Body) -> str:
    """One product for each matrix of the view, in one call."""
    over = found.rows if found.summed_first else found.columns
    stack = [a for a in found.stack if a in axes_of(found.other)]
    left = matrices(other, stack, found.free, over, memory)
    target = matrices(out, found.stack, found.free, found.columns if found.summed_first else found.rows, memory)
    view = _rows(found, memory)
    right = f"{view}.swapaxes({len(found.stack)}, {len(found.stack) + 1})" if found.summed_first else view
    assert left and target, "the operands of a product with a view are laid as it needs them"
    return f"np.matmul({left}, {right}, out={target})"


def _rows(found: Strided, memory: Memory) -> str:
    """The view, with the rows of each matrix last: windows of as many rows as a matrix has, made once."""
    window = found.window
    assert isinstance(window.source, Read)
    (hi,) = (axis for axis, _ in window.at)
    height, lines = extent_of_known(found.rows[1:]), extent_of_known(found.rows)
    count, step, first = extent_of_known((hi,)) * height, found.step * height, found.start * height
    times, at = extent_of_known(found.stack[-1:]), len(found.stack) - 1
    shape = [str(a.size) for a in found.stack[:-1]] + [str(count), size_text(found.columns, str_of)]
    free = [part for part in shape if not part.isdigit()]
    shape = [part if part.isdigit() or len(free) > 1 else "-1" for part in shape]
    text = f"self.{memory.seen(window.source.name, window.source.axes)}.reshape({', '.join(shape)})"
    stop = "" if -(-(count - lines + 1 - first) // step) == times else str(first + step * (times - 1) + 1)
    cut = ", ".join([*([":"] * at), f"{first or ''}:{stop}:{step}"])
    of = f"windows({text}, ({lines},), ({at},))[{cut}]"
    memory.plainly["windows"] = None
    return named_view(of, f"rows_{window.source.name}", memory)


def extent_of_known(axes: Sequence[Axis]) -> int:
    """How many places axes have together whose sizes are known."""
    return math.prod(a.size for a in axes if isinstance(a.size, int))
