"""The statements of a run on parts of arrays, with the arrays that these parts are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    Array,
    At,
    Axis,
    Fold,
    Loop,
    Node,
    Read,
    Rows,
    Scalar,
    Spread,
    Statement,
    Window,
    free_name,
    relettered,
    with_children,
)
from symbp.notation.expr import number
from symbp.passes.row_letters import Use
from symbp.passes.row_runs import Member, Run


@dataclass(slots=True)
class Cut:
    """A run in so many `parts`; where a call fixes how many rows there are, each is so many `rows` long, or shorter."""

    run: Run
    parts: int
    rows: int = 0
    arrays: dict[str, Array] = field(default_factory=dict)
    local: set[str] = field(default_factory=set)
    cleared: list[Statement] = field(default_factory=list)
    views: dict[tuple[str, int, int, int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arrays, self.local = dict(self.run.arrays), self.run.local()

    def statements(self, name: str) -> list[Statement]:
        """The statements of a loop with this name; arrays that are as long as a part are made so."""
        members, over = self.run.in_order(), self.over()
        loop = Loop(name, over[0], parts=self.length(over[0].size), behind=over[1:])
        found = [replace(s, loop=loop) for m in members for s in self.rewritten(m)]
        for own in self.local:
            array, k = self.arrays[own], self.run.made[own]
            shape = self.shape(array, k, self.length(array.shape[k]))
            self.arrays[own] = replace(array, shape=shape, rows=Rows(0, 0, 0, self.end) if self.rows else None)
        return found

    @property
    def end(self) -> str:
        """How many rows there are, where a call fixes that."""
        return " * ".join(map(str, self.run.sizes))

    def over(self) -> tuple[Axis, ...]:
        """The axes whose places the loop goes through."""
        first = self.run.statements[self.run.start]
        member = self.run.members[self.run.start]
        assert isinstance(first, Statement)
        rows = member.rows if member.dimension is None else (first.axes[member.dimension],)
        return first.axes[: len(self.run.sizes)] or (max(rows, key=str),)  # (letters of one row have no order)

    def length(self, size: int | str) -> int:
        """How many of so many rows a part has."""
        return self.rows or known(size) // self.parts

    def shape(self, array: Array, k: int, size: int) -> tuple[int | str, ...]:
        """The shape of a part of an array."""
        return (*array.shape[:k], size, *array.shape[k + max(1, len(self.run.sizes)) :])

    def rewritten(self, member: Member) -> list[Statement]:
        """A statement on parts; a sum over rows as one over those of a part, and what adds that up."""
        s, uses = member.statement, {u.read: u for u in member.uses}
        letters = {a: Axis(a.letter, self.length(a.size)) for a in member.rows}
        value = relettered(self.node(s.value, uses), letters)
        if member.dimension is not None:
            axes = tuple(letters.get(a, a) for a in s.axes)
            target = Use(Read(s.target, s.axes), member.dimension, s.axes[member.dimension].size)
            return [replace(s, target=self.named(target), axes=axes, value=value)]
        cleared = Spread(Scalar(number(0)), s.axes, equation=s.value.equation)
        node = self.run.in_order()[0].statement.node  # it stands in front of the loop
        self.cleared.append(replace(s, value=cleared, node=node))
        return self.added(s, value)

    def added(self, s: Statement, value: Node) -> list[Statement]:
        """The sum over the rows of a part, and the statement that adds it."""
        row = value.over[0] if isinstance(value, Fold) and len(value.over) == 1 else None
        if row is not None and row.size == 1 and isinstance(value, Fold) and isinstance(value.body, Read):
            first = At(value.body, row, number(0), equation=value.equation)
            return [replace(s, value=first, accumulate=True)]
        name = free_name(f"step of a part towards {s.target}", self.arrays)
        shape = tuple(a.size for a in s.axes)
        self.arrays[name] = Array(name, shape, part_of=s.target)
        more = replace(s, value=Read(name, s.axes, equation=s.equation), accumulate=True)
        return [replace(s, target=name, value=value), more]

    def node(self, node: Node, uses: Mapping[Read, Use]) -> Node:
        """A value that reads parts of arrays, of windows those that a part needs."""
        if isinstance(node, Read):
            return replace(node, name=self.named(uses[node])) if node in uses else node
        if isinstance(node, Window) and isinstance(node.source, Read) and node.source in uses:
            use = uses[node.source]
            hi = node.source.axes[use.dimension]
            if hi in dict(node.at):
                own = Axis(hi.letter, self.read(use))
                axes = tuple(own if a == hi else a for a in node.source.axes)
                at = tuple(
                    (own, replace(place, offset=place.offset - use.first)) if a == hi else (a, place)
                    for a, place in node.at
                )
                return replace(node, source=Read(self.named(use), axes, equation=node.source.equation), at=at)
        return with_children(node, tuple(self.node(c, uses) for c in node.children)) if node.children else node

    def read(self, use: Use) -> int:
        """How many rows of an array a part reads."""
        count = self.length(use.count)
        return use.factor * count if use.whole else use.factor * (count - 1) + use.more + 1

    def named(self, use: Use) -> str:
        """The name of a part of an array: its own where it is as long as a part, else that of a view."""
        name, k = use.read.name, use.dimension
        if name in self.local:
            return name
        array, far, length = self.run.arrays[name], use.factor * self.length(use.count), self.read(use)
        key = (name, k, use.first, far, length)
        if key not in self.views:
            shift = array.shift or tuple(0 for _ in array.shape)
            start = shift[k] + use.first
            part = replace(
                array,
                kind="value",
                data=(),
                shape=self.shape(array, k, length),
                part_of=name,
                view_of=array.view_of or name,
                shift=shift,
                rows=Rows(k, start, far, self.end or start + far * self.parts),
            )
            own = next((a.name for a in self.arrays.values() if a.rows and replace(part, name=a.name) == a), "")
            self.views[key] = own or free_name(f"rows of {name}", self.arrays)
            self.arrays[self.views[key]] = replace(part, name=self.views[key])
        return self.views[key]


def known(size: int | str) -> int:
    """A size that no call fixes."""
    assert isinstance(size, int)
    return size
