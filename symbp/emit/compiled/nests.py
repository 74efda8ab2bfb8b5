"""The loops of a kernel: statements as operations in nested loops, neighbours in one loop where they may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.emit.compiled.access import Access, Size, accesses, filled
from symbp.lower.model import Apply, Axis, Fold, Node, Scatter, Statement, grows, relettered, walk, windows_of
from symbp.notation.expr import Expr


@dataclass(slots=True, eq=False)
class Operation:
    """What a statement does at one place of its axes; a fold begins, goes over its own axes, and ends.

    `part` is "" (``target = value``), "begin", "each" or "end" of a fold, "clear" or "grow" of sums that stay in their
    array meanwhile, or "taps": all of a window are filled.
    """

    statement: Statement
    target: Access
    axes: tuple[Axis, ...]
    value: Node
    part: str = ""

    def relettered(self, letters: dict[Axis, Axis]) -> None:
        self.axes = tuple(letters.get(a, a) for a in self.axes)
        self.target = self.target.relettered(letters)
        self.value = relettered(self.value, letters)

    @property
    def read(self) -> list[Access]:
        """The elements that it reads: what is added to something reads that, too."""
        before = [self.target] if self.statement.accumulate and not self.part else []
        return before + (list(accesses(self.value)) if self.part in ("", "each", "grow", "taps") else [])

    @property
    def own(self) -> bool:
        """Whether it leaves its value in an array: the parts of a fold before its end work on a scalar."""
        return self.part in ("", "end", "clear", "grow", "taps")


@dataclass(slots=True, eq=False)
class Nest:
    """One loop over an axis."""

    axis: Axis
    items: list[Nest | Operation] = field(default_factory=list)

    def operations(self) -> Iterator[Operation]:
        """The operations in it, those of inner loops included."""
        return operations_of(self.items)


Items = list[Nest | Operation]
Memory = Callable[[str], tuple[str, tuple[int, ...]]]  # the memory of an array, and how far it is shifted there


def operations_of(items: Items) -> Iterator[Operation]:
    """The operations in their order, those in loops included."""
    for item in items:
        if isinstance(item, Nest):
            yield from item.operations()
        else:
            yield item


def nests(statements: Sequence[Statement], shapes: Mapping[str, tuple[Size, ...]], memory: Memory) -> Items:
    """The statements in as few loops as their order allows."""
    root: Items = []
    for s in statements:
        _Adding(s, filled(s.target, shapes[s.target], s.axes, dict(s.at)), memory).to(root)
    return root


@dataclass(slots=True)
class _Adding:
    """Adds the operations of one statement to a list of loops."""

    statement: Statement
    target: Access
    memory: Memory

    def to(self, root: Items) -> None:
        s = self.statement
        if isinstance(s.value, Scatter):
            self.taps(root, s.value)
            return
        if isinstance(s.value, Fold) and grows(s.value):
            self.growing(root, s.value)
            return
        items, op = self.placed(root, Operation(s, self.target, s.axes, s.value), s.axes)
        if isinstance(op.value, Fold):
            self.fold(items, op)
        else:
            items.append(op)

    def taps(self, root: Items, scatter: Scatter) -> None:
        """One operation at each window."""
        axes, places = windows_of(scatter, self.statement.axes), dict(scatter.at)
        index = tuple(places.get(i, i) if isinstance(i, Axis) else i for i in self.target.index)
        op = Operation(self.statement, replace(self.target, index=index), axes, scatter, "taps")
        items, op = self.placed(root, op, axes)
        items.append(op)

    def growing(self, root: Items, fold: Fold) -> None:
        """Sums that grow with each step of a loop, in whose place they were cleared: nothing in it meets them."""
        s = self.statement
        axes = (*fold.over, *s.axes)
        items, op = self.placed(root, Operation(s, self.target, axes, fold.body, "grow"), axes)
        items.append(op)
        inner: Nest | Operation = Operation(s, self.target, s.axes, fold, "clear")
        for axis in reversed(s.axes):
            inner = Nest(axis, [inner])
        root.insert(len(root) - 1, inner)

    def placed(self, items: Items, op: Operation, axes: tuple[Axis, ...]) -> tuple[Items, Operation]:
        """The innermost list that an operation with these loops belongs to, in loops that are there where it can."""
        for k in range(len(axes)):
            axis = op.axes[k]
            found = self.last(items, op, axis)
            if found is None:
                found = Nest(axis)
                items.append(found)
            elif found.axis != axis:
                op.relettered({axis: found.axis})
            items = found.items
        return items, op

    def last(self, items: Items, op: Operation, axis: Axis) -> Nest | None:
        """The last loop, if it goes over as many places and the operation may be carried out in it.

        A loop that adds up takes one number after the other; one of exponentials takes many at once, and stands alone.
        """
        last = items[-1] if items else None
        if not isinstance(last, Nest) or last.axis.size != axis.size:
            return None
        over = op.value.over if isinstance(op.value, Fold) else ()
        if last.axis != axis and last.axis in (*op.axes, *over):  # its own axis of that name would be this one
            return None
        inner = [item for item in last.items if isinstance(item, Operation)]
        if op.part == "each" and axis == op.axes[-1] and any(map(_in_vectors, inner)):
            return None
        return last if all(self.apart(each, op, last.axis, axis) for each in last.operations()) else None

    def apart(self, first: Operation, op: Operation, mine: Axis, its: Axis) -> bool:
        """Whether two operations meet in memory only at equal places along the axis of a loop."""
        pairs = [(first.target, a) for a in [*op.read, op.target]] + [(a, op.target) for a in first.read]
        return all(self.differ(a, b) or self.meet(a, b, mine, its) for a, b in pairs)

    def differ(self, a: Access, b: Access) -> bool:
        """Whether two elements lie in different memory for sure: that of other arrays, or of another step of a loop."""
        (first, shift), (second, other) = self.memory(a.name), self.memory(b.name)
        if first != second:
            return True
        shift, other = shift or (0,) * len(other), other or (0,) * len(shift)
        places = zip(a.index, b.index, shift, other, strict=False)
        return a.sizes == b.sizes and any(i == j and isinstance(i, Expr) and k != m for i, j, k, m in places)

    def meet(self, a: Access, b: Access, mine: Axis, its: Axis) -> bool:
        """Whether two elements of one memory meet at equal places of two axes only."""
        same = a.sizes == b.sizes and self.memory(a.name) == self.memory(b.name)
        return same and a.along(mine) is not None and a.along(mine) == b.along(its)

    def fold(self, items: Items, op: Operation) -> None:
        fold = op.value
        assert isinstance(fold, Fold)
        s = self.statement
        each = Operation(s, op.target, (*op.axes, *fold.over), fold.body, "each")
        begin = Operation(s, op.target, op.axes, fold, "begin")
        inner, before = items, len(items)
        for k in range(len(fold.over)):
            axis = each.axes[len(op.axes) + k]
            found = self.last(inner, each, axis)
            if found is None:
                found = Nest(axis)
                inner.append(found)
            elif k == 0:
                before -= 1
            if found.axis != axis:
                each.relettered({axis: found.axis})
            inner = found.items
        inner.append(each)
        items.insert(before, begin)
        items.append(Operation(s, op.target, op.axes, fold, "end"))


def _in_vectors(op: Operation) -> bool:
    """Whether an operation is quick where a loop takes many numbers at once, and slow otherwise."""
    return any(isinstance(n, Apply) and n.function in ("exp", "tanh", "sigmoid") for n in walk(op.value))
