"""Products summed over axes: ``a @ b``, stacks of them, a tensordot, or an einsum where nothing else will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from symbp.emit.alignment import aligned, subscripts, transposed
from symbp.emit.flattened import Flat, Side, matrix_product
from symbp.emit.texts import ATOM, PRODUCT, SIGN, Text
from symbp.lower.model import Axis, Node, Product, Read, axes_of

Order = tuple[Axis, ...]


class Printing(Protocol):
    """What the printing of a product asks of the printer of the whole expression."""

    def text(self, node: Node, want: Sequence[Axis]) -> Text: ...
    def real(self, node: Node, want: Sequence[Axis]) -> Text: ...
    def size_of(self, name: str) -> str: ...
    def as_it_lies(self, node: Node) -> tuple[str, tuple[int | str, ...]]: ...


class Products:
    """Prints products of array expressions with the help of the printer of what they hold."""

    def __init__(self, printer: Printing) -> None:
        self.printer = printer

    def product(self, node: Product, want: Sequence[Axis]) -> Text:
        """The product; its text broadcasts against the axes `want`."""
        out = tuple(a for a in want if a in axes_of(node))
        for a, b in ((node.left, node.right), (node.right, node.left)):
            text = self.matmul(node, a, b, out)
            if text is not None:
                return Text(aligned(text.at(ATOM), out, want)) if out != tuple(want)[-len(out) :] else text
        for form in (self.flattened, self.stacked):
            found = form(node, out)
            if found is not None:
                text, axes = found
                return text if axes == tuple(want)[-len(axes) :] else Text(aligned(text.at(ATOM), axes, want))
        return self.summed(node, out, want)

    def summed(self, node: Product, out: Order, want: Sequence[Axis]) -> Text:
        """A tensordot where no axis counts several products, else an einsum."""
        left, right = (self.operand(node, n, axes_of(n)) for n in node.children)
        a_axes, b_axes = axes_of(node.left), axes_of(node.right)
        if not set(a_axes) & set(b_axes) - set(node.over) and out:
            pairs = sorted((a_axes.index(k), b_axes.index(k)) for k in node.over)
            text_axes = tuple(x for x in (*a_axes, *b_axes) if x not in node.over)
            places = f"({tuple(p for p, _ in pairs)}, {tuple(q for _, q in pairs)})"
            text = f"np.tensordot({left.text}, {right.text}, axes={places})"
            return Text(aligned(text, text_axes, want))
        a_text, b_text, out_text = subscripts(a_axes, b_axes, out)
        return Text(aligned(f'np.einsum("{a_text},{b_text}->{out_text}", {left.text}, {right.text})', out, want))

    def operand(self, node: Product, operand: Node, want: Sequence[Axis]) -> Text:
        """An operand of a product; two arrays of bools would give a bool."""
        bare = all(self.printer.text(n, axes_of(n)).bare for n in node.children)
        return self.printer.real(operand, want) if bare else self.printer.text(operand, want)

    def matmul(self, node: Product, a: Node, b: Node, out: Order) -> Text | None:
        """``a @ b`` with the axes of a first, if both can be turned so that it means this sum."""
        over = node.over
        if len(over) != 1:
            return None
        rows, columns = [x for x in axes_of(a) if x != over[0]], [x for x in axes_of(b) if x != over[0]]
        if list(out) != rows + columns or len(columns) > 1 or set(rows) & set(columns):
            return None
        if len(rows) > 1 and axes_of(a)[-1] != over[0]:
            return None
        left = self.turned(node, a, (*rows, over[0]))
        right = self.turned(node, b, (over[0], *columns))
        return Text(f"{left.at(PRODUCT)} @ {right.at(SIGN)}", PRODUCT)

    def flattened(self, node: Product, out: Order) -> tuple[Text, Order] | None:
        """The product as one of matrices, with its axes in the order `out` if it can be."""
        sides = [
            Side(self.operand(node, n, axes_of(n)).at(ATOM), axes_of(n), *self.printer.as_it_lies(n))
            for n in node.children
        ]
        pairs = (sides, sides[::-1])
        found = [f for a, b in pairs if (f := matrix_product(a, b, node.over, self.printer.size_of))]
        best = min(found, key=lambda flat: flat.axes != out, default=None)
        return None if best is None else (_flat_text(best), best.axes)

    def stacked(self, node: Product, out: Order) -> tuple[Text, Order] | None:
        """A stack of products of two matrices, which the axes that both have count."""
        left, right = axes_of(node.left), axes_of(node.right)
        stack = tuple(a for a in out if a in left and a in right)
        rows, columns = (tuple(a for a in axes if a not in (*stack, *node.over)) for axes in (left, right))
        if not stack or len(node.over) != 1 or len(rows) != 1 or len(columns) != 1:
            return None
        a, b = node.left, node.right
        if (*stack, *rows, *columns) != out and out.index(columns[0]) < out.index(rows[0]):
            a, b, rows, columns = b, a, columns, rows
        first = self.turned(node, a, (*stack, *rows, *node.over))
        second = self.turned(node, b, (*stack, *node.over, *columns))
        return Text(f"{first.at(PRODUCT)} @ {second.at(SIGN)}", PRODUCT), (*stack, *rows, *columns)

    def turned(self, node: Product, operand: Node, order: Order) -> Text:
        """An operand with its axes in this order, transposed from outside where it is not an array by itself."""
        have = axes_of(operand)
        if isinstance(operand, Read) or have == order:
            return self.operand(node, operand, order)
        return Text(transposed(self.operand(node, operand, have).at(ATOM), have, order))


def _flat_text(flat: Flat) -> Text:
    return Text(flat.whole, PRODUCT if flat.whole == flat.text else ATOM, flat=(flat.text, flat.shape))
