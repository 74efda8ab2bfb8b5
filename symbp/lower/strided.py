"""Windows that are matrices where they lie: the rows y, y + 1, y + 2 of all channels of images, nothing copied."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.lower.nodes import Axis, Node, Product, Read, Window, axes_of

Order = tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Strided:
    """A window read as a stack of matrices that overlap in memory, times the matrix or matrices of `other`.

    `stack` counts the matrices, its last axis in steps of `step` places from `start` on; the rows of each are the
    places `rows[0]` inside a window, each with what lies behind it.  `free` are the rows of the other operand.
    """

    window: Window
    other: Node
    stack: Order
    rows: Order
    columns: Order
    free: Order
    step: int
    start: int
    summed_first: bool  # whether the rows are summed over, and not the columns

    def order(self, wanted: Order) -> Order:
        """The axes of the product, the free ones in the wanted order."""
        free = (*(a for a in wanted if a in self.free), *(a for a in self.free if a not in wanted))
        return (*self.stack, *free, *(self.columns if self.summed_first else self.rows))

    def laid(self, wanted: Order) -> Order:
        """The axes of the other operand, as it has to lie."""
        free = (*(a for a in wanted if a in self.free), *(a for a in self.free if a not in wanted))
        stack = tuple(a for a in self.stack if a in axes_of(self.other))
        return (*stack, *free, *(self.rows if self.summed_first else self.columns))


def strided(node: Product) -> Strided | None:
    """The product of a window that is read as a `view`; None where there is none, or it does not lie so.

    One axis of the window counts the matrices, and lies outermost or behind others that do.  Behind it lies what is
    summed, and then what is not, or the other way round.
    """
    pairs = ((node.left, node.right), (node.right, node.left))
    found = [(w, other) for w, other in pairs if isinstance(w, Window) and w.view]
    if len(found) != 1 or not isinstance(found[0][0].source, Read) or len(found[0][0].at) != 1:
        return None
    window, other = found[0]
    assert isinstance(window.source, Read)
    ((hi, place),) = window.at
    have, axes, over = axes_of(other), window.source.axes, node.over
    inner = [t for t in place.terms if t[0] in over] or [t for t in place.terms if t[0] not in have]
    if len(place.terms) != 2 or len(inner) != 1 or inner[0][1] != 1 or place.sizes or hi not in axes:
        return None
    tap = inner[0][0]
    ((lo, step),) = (t for t in place.terms if t[0] != tap)
    at = axes.index(hi)
    stack, behind, first = (*axes[:at], lo), axes[at + 1 :], tap in over
    count = next((k for k, a in enumerate(behind) if (a in over) != first), len(behind))
    rows, columns = (tap, *behind[:count]), behind[count:]
    whole = bool(columns) and all((a in over) != first for a in columns) and not set(stack) & set(over)
    shared, own = set(stack) & set(have), set(rows if not first else columns) & set(have)
    if not whole or step < 1 or own or shared not in (set(), set(stack)):
        return None
    if set(over) != set(rows if first else columns):
        return None
    free = tuple(a for a in have if a not in over and a not in stack)
    return Strided(window, other, stack, rows, columns, free, step, place.offset, first)
