"""Axes that stand side by side wherever they stand are one axis, where fewer arrays are then read in another shape.

An array whose last axis is read as pairs, ``y[n,t,(p c)] = x[n,t,(p c)] + e[t,p,c]``, is added to as it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from symbp.lower.model import (
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Read,
    Scalar,
    Spread,
    Statement,
    mapped,
    walk,
)
from symbp.passes.ledger import counted

Order = tuple[Axis, ...]


def merge_axes(program: Program) -> tuple[Program, str]:
    """Axes merged where fewer arrays are read or made in another shape than their own."""
    return _merged(program, False)


def merge_axes_read(program: Program) -> tuple[Program, str]:
    """Axes merged where fewer arrays are read in another shape, and the result is made in its own."""
    return _merged(program, True)


def _merged(program: Program, as_it_lies: bool) -> tuple[Program, str]:
    work = _Merge({a.name: a for a in program.arrays}, as_it_lies)
    statements = tuple(work.statement(s) if isinstance(s, Statement) else s for s in program.statements)
    changed = sum(a != b for a, b in zip(statements, program.statements, strict=True))
    return replace(program, statements=statements), f"axes of {counted(changed, 'statement')}" if changed else ""


@dataclass(frozen=True, slots=True)
class _Merge:
    arrays: Mapping[str, Array]
    as_it_lies: bool

    def statement(self, s: Statement) -> Statement:
        """The statement with those axes merged that helps most, as long as one choice does."""
        if s.at or not all(isinstance(n, Read | Scalar | Apply | Fold | Product | Spread) for n in walk(s.value)):
            return s
        options = [o for k in range(len(s.axes)) for o in _runs(s, k)]
        if self.as_it_lies:
            options = [o for o in options if _sizes(o.axes) == self.arrays[o.target].shape]
        best = min(options, key=self.other_shapes, default=s)
        return self.statement(best) if self.other_shapes(best) < self.other_shapes(s) else s

    def other_shapes(self, s: Statement) -> int:
        """How many arrays a statement reads or makes in another shape than their own."""
        met = [(s.target, s.axes), *((n.name, n.axes) for n in walk(s.value) if isinstance(n, Read))]
        return sum(_sizes(axes) != self.arrays[name].shape for name, axes in met)


def _runs(s: Statement, k: int) -> Iterator[Statement]:
    """The statement with axis k merged with the one behind it, with the two behind it, and so on."""
    made: Statement | None = s
    while made is not None and k + 1 < len(made.axes):
        made = _with(made, made.axes[k], made.axes[k + 1])
        if made is not None:
            yield made


def _sizes(axes: Order) -> tuple[int | str, ...]:
    return tuple(a.size for a in axes)


def _with(s: Statement, first: Axis, second: Axis) -> Statement | None:
    """The statement with two axes as one; None where they do not always stand side by side."""
    if not isinstance(first.size, int) or not isinstance(second.size, int):
        return None
    whole = Axis(first.letter, first.size * second.size)
    groups = [s.axes, *(_group(n) for n in walk(s.value))]
    if any(not _beside(g, first, second) for g in groups):
        return None

    def joined(axes: Order) -> Order:
        return tuple(whole if a == first else a for a in axes if a != second)

    def change(node: Node) -> Node:
        match node:
            case Read():
                return replace(node, axes=joined(node.axes))
            case Fold() | Product() | Spread():
                return replace(node, over=joined(node.over))
        return node

    return replace(s, axes=joined(s.axes), value=mapped(s.value, change))


def _group(node: Node) -> Order:
    return node.axes if isinstance(node, Read) else node.over if isinstance(node, Fold | Product | Spread) else ()


def _beside(axes: Order, first: Axis, second: Axis) -> bool:
    return (first, second) in pairwise(axes) or not {first, second} & set(axes)
