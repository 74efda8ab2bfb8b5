"""Scalars of a body: reductions of whole arrays in the form that makes no new arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from symbp.emit.expression import Printer
from symbp.emit.texts import Text
from symbp.lower.model import UPDATE, Array, Axis, Fold, Product, Program, Read


class Body(Protocol):
    """What the printing of a scalar asks of the body that it stands in."""

    program: Program
    arrays: dict[str, Array]
    plainly: dict[str, None]
    stage: str
    step: str

    def size_of(self, name: str) -> str: ...
    def seen(self, name: str, axes: Sequence[Axis]) -> str: ...
    def ones(self, axes: Sequence[Axis]) -> str: ...
    def in_shape(self, text: str, *groups: Sequence[Axis] | None) -> str: ...


class Totals(Printer):
    """Prints scalars."""

    def __init__(self, body: Body) -> None:
        super().__init__(lambda read: body.seen(read.name, read.axes), body.size_of, body.plainly, body.step)
        self.body = body

    def fold(self, node: Fold, want: Sequence[Axis]) -> Text:
        if node.op == "sum" and isinstance(node.body, Read):
            axes = [a for a in node.body.axes if a.size != 1] or list(node.body.axes[:1])
            long = self.body.stage != UPDATE and (len(node.body.axes) == 1 or self.body.program.brief)
            if long:
                return Text(f"np.dot({self.body.ones(axes)}, {self.flat(node.body)})")
            return Text(f"{self.name(node.body)}.sum()")
        return super().fold(node, want)

    def flat(self, read: Read) -> str:
        """An array as a vector; where calls take longer than what they do, a view that is there already."""
        if len(read.axes) == 1:
            return self.name(read)
        brief = self.body.program.brief and self.body.stage != UPDATE
        if brief and self.body.arrays[read.name].kind == "value":
            return self.body.seen(read.name, (Axis("all", "-1"),))
        text = self.name(read)
        return f"{text}.ravel()" if brief else self.body.in_shape(text, None)

    def product(self, node: Product, want: Sequence[Axis]) -> Text:
        left, right = node.children
        if not (isinstance(left, Read) and isinstance(right, Read) and left.axes == right.axes):
            return super().product(node, want)
        return Text(f"np.dot({self.flat(left)}, {self.flat(right)})")
