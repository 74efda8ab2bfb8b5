"""Products with windows that are matrices where they lie: ``np.matmul(K, rows.swapaxes(1, 2), out=z)``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from symbp.emit.memory import Memory
from symbp.emit.products import Operand, matrices, size_text, str_of
from symbp.emit.windowed import named_view
from symbp.lower.model import Axis, Read, Strided, axes_of

Extent = Callable[[Axis], str]


def strided_call(found: Strided, other: Operand, out: Operand, memory: Memory, extent: Extent) -> str:
    """One product for each matrix of the view, in one call."""
    over = found.rows if found.summed_first else found.columns
    stack = [a for a in found.stack if a in axes_of(found.other)]
    left = matrices(other, stack, found.free, over, extent)
    target = matrices(out, found.stack, found.free, found.columns if found.summed_first else found.rows, extent)
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
