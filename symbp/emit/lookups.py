"""Statements over integers: elements picked by them, and what is added at the places that they give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from symbp.emit.alignment import aligned, transposed
from symbp.emit.expression import Printer
from symbp.emit.memory import Memory
from symbp.lower.model import AddAt, Apply, Axis, Flat, Node, OneHot, Pick, Read, axes_of

INFIX = {"add": "+", "subtract": "-"}


class Places(Memory, Protocol):
    """A body that knows which arrays hold places in flat arrays."""

    flat: set[str]
    called: dict[str, None]

    def copied(self, node: Node, text: str, target: str) -> list[str]: ...
    def printer(self) -> Printer: ...
    def ones(self, axes: Sequence[Axis]) -> str: ...
    def in_shape(self, text: str, *groups: Sequence[Axis] | None) -> str: ...
    def extent(self, axis: Axis) -> str: ...


class Lookups:
    """Prints what reads or writes at integers; `memory` is the body that it stands in."""

    def __init__(self, memory: Places) -> None:
        self.memory = memory

    def at_places(self, node: Apply, axes: Sequence[Axis], target: str) -> list[str]:
        """What one-hot rows add, added at their places alone."""
        base, hot = node.args
        factor = "1"
        if isinstance(hot, Apply):
            factor = self.memory.leaf(hot.args[1], axes_of(hot.args[0].children[0]))
            hot = hot.args[0]
        assert isinstance(hot, OneHot)
        text = self.memory.leaf(base, axes)
        first = self.memory.copied(base, text, target)
        sign = INFIX[node.function]
        flat = target if len(axes) == 1 else self.memory.in_shape(target, None)
        at = self.memory.leaf(hot.labels, axes_of(hot.labels))
        kept = self.memory.scratch("at_labels", axes_of(hot.labels))
        return [  # an index with an operator would make a new array
            *first,
            f'np.take({flat}, {at}, out={kept}, mode="clip")',
            f"{kept} {sign}= {factor}",
            f"{flat}[{at}] = {kept}",
        ]

    def places(self, node: Flat, axes: Sequence[Axis], target: str) -> list[str]:
        """The places of labels in an array that is read flat, whose rows are theirs or, with `first`, its columns."""
        labels = self.memory.leaf(node.labels, axes)
        if not node.first:
            return [f"np.add({labels}, {self.rows(node)}, out={target})"]
        sizes = [str(a.size) for a in axes]
        count = " * ".join(sizes)
        shape = f".reshape({', '.join(sizes)})" if len(sizes) > 1 else ""
        own = self.memory.constant("_".join(("places", *sizes)), tuple(sizes), f"np.arange({count}){shape}", "index")
        rows = " * ".join(self.memory.extent(a) for a in axes)
        return [f"np.multiply({labels}, {rows}, out={target})", f"{target} += {own}"]

    def rows(self, node: Flat) -> str:
        """Where each row of a flat array starts."""
        sizes = [str(a.size) for a in axes_of(node.labels)]
        step = str(node.axis.size)
        count = " * ".join([*sizes, step])
        shape = f".reshape({', '.join(sizes)})" if len(sizes) > 1 else ""
        name = "_".join(("row_starts", *(sizes if len(sizes) > 1 else ()), step))
        return self.memory.constant(name, tuple(sizes), f"np.arange(0, {count}, {step}){shape}", "index")

    def pick(self, node: Pick, axes: Sequence[Axis], target: str) -> str:
        labels, have = node.labels, axes_of(node.source)
        source, axis = self.memory.leaf(node.source, have), ""
        if isinstance(labels, Read) and labels.name in self.memory.flat:
            source = self.memory.in_shape(source, None)
        elif set(axes_of(labels)) & set(have):
            return f"{target}[...] = {self.memory.printer().text(node, axes).text}"
        elif len(have) > 1:
            axis = f", axis={have.index(node.axis)}"
        return f'np.take({source}, {self.memory.leaf(labels, axes_of(labels))}{axis}, out={target}, mode="clip")'

    def add_at(self, node: AddAt, axes: Sequence[Axis], target: str) -> list[str]:
        """Values added at their labels; labels that are equal add up."""
        have = axes_of(node.body)
        labels = tuple(a for a in have if a in axes_of(node.labels))
        rest = tuple(a for a in axes if a != node.axis and a not in labels)
        if tuple(axes) == (node.axis, *rest) and have == (*labels, *rest) and set(labels) == set(node.over):
            form = self._runs_added if node.form == "runs" and rest else self._rows_added
            return form(node, labels, rest, target)
        kept = tuple(a for a in axes if a in labels)
        every = (*kept, *node.over)
        at = [aligned(self.memory.constant(f"places_{a.size}", ("",), f"np.arange({a.size})", "index"), (a,), every)
              for a in kept]  # fmt: skip
        at.append(aligned(self.memory.leaf(node.labels, axes_of(node.labels)), axes_of(node.labels), every))
        turned = transposed(target, axes, (*kept, node.axis, *rest))
        body = aligned(self.memory.leaf(node.body, have), have, (*every, *rest))  # the same for labels that it lacks
        return [f"np.add.at({turned}, ({', '.join(at)}), {body})"]

    def _rows_added(self, node: AddAt, labels: tuple[Axis, ...], rest: tuple[Axis, ...], target: str) -> list[str]:
        """Whole rows: each number by its place in the flat array, which NumPy adds several times faster."""
        text = self.memory.leaf(node.labels, labels)
        body = self.memory.leaf(node.body, (*labels, *rest))
        if not rest:
            text, body = (t if len(labels) == 1 else self.memory.in_shape(t, None) for t in (text, body))
            return [f"np.add.at({target}, {text}, {body})"]
        sizes, width = tuple(str(a.size) for a in labels), " * ".join(str(a.size) for a in rest)
        inside = ", ".join((*sizes, width))
        name = "row_places_" + "_".join(str(a.size) for a in (*labels, *rest))
        places = self.memory.constant(name, (*sizes, width), f"np.empty(({inside}), np.intp)", "index")
        columns = self.memory.constant(f"places_{'_'.join(str(a.size) for a in rest)}", ("",), f"np.arange({width})",
                                       "index")  # fmt: skip


        def flat(of: str) -> str:
            return self.memory.in_shape(of, None)

        return [
            f"np.multiply({text}[..., None], {width}, out={places})",
            f"{places} += {columns}",
            f"np.add.at({flat(target)}, {flat(places)}, {flat(body)})",
        ]

    def _runs_added(self, node: AddAt, labels: tuple[Axis, ...], rest: tuple[Axis, ...], target: str) -> list[str]:
        """Whole rows, those with equal labels together: one sum for each label that is there."""
        self.memory.called["add_by_label"] = None
        count, many = " * ".join(str(a.size) for a in labels), "_".join(str(a.size) for a in labels)
        width = str(math.prod(a.size for a in rest if isinstance(a.size, int)))
        places = self.memory.constant(f"places_{many}", (count,), f"np.arange({count})", "index")
        work = self.memory.constant(f"sorting_{many}", ("3", count), f"np.empty((3, {count}), np.intp)", "index")
        of = f"np.empty(({count}, {width}), dtype)"
        turned = self.memory.constant(f"sorted_{many}_{width}", (count, width), of)
        text = self.memory.leaf(node.labels, labels)
        rows = self.memory.leaf(node.body, (*labels, *rest))
        if len(labels) > 1 or len(rest) > 1:
            rows = self.memory.in_shape(rows, None, rest)
        out = target if len(rest) == 1 else self.memory.in_shape(target, None, rest)
        return [f"add_by_label({', '.join((text, rows, places, work, turned, self.memory.ones(labels), out))})"]
