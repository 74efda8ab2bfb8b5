"""An array's dimensions in another order: what has to change in the statements that fill and read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbp.lower.model import Array, Axis, Node, Program, Read, Statement, Step, mapped

Order = tuple[int, ...]  # the dimensions of an array, in the order in which they lie
Size = int | str
Block = tuple[tuple[int, ...], tuple[int, ...]]  # dimensions, and the letters that read them together


def turned(s: Statement, orders: Mapping[str, Order], arrays: Mapping[str, Array]) -> Statement | None:
    """A statement over arrays whose dimensions lie in these orders; None where a read would tear axes apart."""
    torn = False

    def axes(name: str, own: tuple[Axis, ...]) -> tuple[Axis, ...]:
        nonlocal torn
        found = in_order(own, arrays[name].shape, orders[name]) if name in orders else own
        torn = torn or found is None
        return own if found is None else found

    def change(node: Node) -> Node:
        return replace(node, axes=axes(node.name, node.axes)) if isinstance(node, Read) else node

    made = replace(s, axes=axes(s.target, s.axes), value=mapped(s.value, change))
    return None if torn else made


def in_order(axes: tuple[Axis, ...], shape: Sequence[Size], order: Order) -> tuple[Axis, ...] | None:
    """The letters that read an array of this shape, once its dimensions lie in `order`; None where it cannot be read.

    >>> n, i = Axis("n", "n"), Axis("i", 12)
    >>> [a.letter for a in in_order((n, i), ("n", 3, 4), (1, 2, 0))], in_order((n, i), ("n", 3, 4), (2, 1, 0))
    (['i', 'n'], None)
    """
    if order == tuple(range(len(shape))):
        return axes
    blocks = blocks_of(shape, tuple(a.size for a in axes))
    if blocks is None:
        return None
    first = {dims[0]: (dims, letters) for dims, letters in blocks}
    found, k = list[Axis](), 0
    while k < len(order):
        dims, letters = first.get(order[k], ((), ()))
        if not dims or order[k : k + len(dims)] != dims:
            return None
        found += [axes[i] for i in letters]
        k += len(dims)
    return tuple(found)


def read_as(
    made: tuple[Axis, ...], of: tuple[Axis, ...], read: tuple[Axis, ...]
) -> tuple[Axis, ...] | None:
    """The letters of what was copied, where its copy is read by `read`; None where a letter reads several dimensions.

    The copy was `made` with these letters, of an array that had them in the order `of`.

    >>> n, c, a, b = Axis("n", "n"), Axis("c", 6), Axis("a", 2), Axis("b", 3)
    >>> [axis.letter for axis in read_as((c, n), (n, c), (a, b, n))]
    ['n', 'a', 'b']
    """
    blocks = blocks_of([a.size for a in made], [a.size for a in read])
    if blocks is None or any(len(dims) > 1 for dims, _ in blocks):
        return None
    letters = {made[dims[0]]: [read[i] for i in own] for dims, own in blocks}
    return tuple(a for axis in of for a in letters[axis])


def blocks_of(shape: Sequence[Size], sizes: Sequence[Size]) -> list[Block] | None:
    """Which dimensions are read by which letters, as finely as can be; None where that cannot be told."""
    found: list[Block] = []
    i = j = 0
    while i < len(shape) or j < len(sizes):
        dims, letters = [i], [j]
        if i >= len(shape) or j >= len(sizes):
            return None
        while shape[i] != sizes[j] or len(dims) + len(letters) > 2:
            have, wanted = (_count([s[k] for k in ks]) for s, ks in ((shape, dims), (sizes, letters)))
            if have is None or wanted is None:
                return None
            if have == wanted:
                break
            more, end = (dims, len(shape)) if have < wanted else (letters, len(sizes))
            more.append(more[-1] + 1)
            if more[-1] >= end:
                return None
        found.append((tuple(dims), tuple(letters)))
        i, j = dims[-1] + 1, letters[-1] + 1
    return found


def _count(sizes: Sequence[Size]) -> int | None:
    count = 1
    for size in sizes:
        if not isinstance(size, int):
            return None
        count *= size
    return count


def turned_array(array: Array, order: Order) -> Array:
    """The array with its dimensions in this order."""
    before = array.turned or tuple(range(len(array.shape)))
    shape, now = tuple(array.shape[k] for k in order), tuple(before[k] for k in order)
    return replace(array, shape=shape, turned=now if now != tuple(sorted(now)) else ())


def with_orders(program: Program, orders: Mapping[str, Order]) -> Program:
    """The program with the dimensions of arrays in these orders."""
    arrays = {a.name: a for a in program.arrays}
    statements: list[Step] = []
    for s in program.statements:
        made = turned(s, orders, arrays) if isinstance(s, Statement) else s
        assert made is not None, "an order that tears axes apart is no candidate"
        statements.append(made)
    shapes = tuple(turned_array(a, orders[a.name]) if a.name in orders else a for a in program.arrays)
    return replace(program, arrays=shapes, statements=tuple(statements))
