"""Reads of a value before its definition: a recurrence runs one way, and everything else is an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbp.notation.expr import Add, Equation, Expr, Index, Num, Ref, Span, walk
from symbp.notation.problems import FormulaProblem


@dataclass(frozen=True, slots=True)
class _Read:
    """Equation `reader` reads the value of equation `writer`; `shifts` are (letter, offset) of its shifted indices.

    `plain` is false where the read is not made of letters with offsets alone.
    """

    reader: int
    writer: int
    shifts: tuple[tuple[str, int], ...]
    plain: bool
    span: Span | None


def check_order(equations: Sequence[Equation]) -> list[FormulaProblem]:
    """What is wrong with the order in which the equations define and read values."""
    reads = list(_reads(equations))
    reach = _reachable(len(equations), reads)
    problems: list[FormulaProblem] = []
    systems: dict[frozenset[int], list[_Read]] = {}
    for read in reads:
        if read.reader in reach[read.writer]:  # the two depend on each other
            members = frozenset(k for k in reach[read.writer] if read.writer in reach[k])
            systems.setdefault(members, []).append(read)
        elif read.writer > read.reader:
            name = equations[read.writer].name
            problems.append(
                FormulaProblem("F131", f"{name!r} is read before it is defined", read.span, "define it on a line above")
            )
    for members in sorted(systems, key=sorted):
        problems.extend(_check_system(equations, systems[members]))
    return problems


def _check_system(equations: Sequence[Equation], reads: list[_Read]) -> list[FormulaProblem]:
    problems: list[FormulaProblem] = []
    direction: tuple[str, bool] | None = None
    for read in reads:
        name = equations[read.writer].name
        if read.plain and not read.shifts and read.writer < read.reader:
            continue
        if not read.plain or len(read.shifts) != 1:
            message = (
                f"{name!r} is read while it is being computed"
                if read.plain
                else f"no order of computation allows this read of {name!r}"
            )
            problems.append(
                FormulaProblem("F132", message, read.span, "a recurrence reads an earlier step, as in h[n,t-1,k]")
            )
            continue
        letter, offset = read.shifts[0]
        if direction is None:
            direction = (letter, offset < 0)
        elif direction != (letter, offset < 0):
            message = f"the recurrence runs over {direction[0]!r} one way, and this read of {name!r} another"
            problems.append(
                FormulaProblem("F133", message, read.span, "one system of equations reads either t-1 or t+1")
            )
    return problems


def _reads(equations: Sequence[Equation]) -> Iterator[_Read]:
    writers = {e.name: k for k, e in enumerate(equations)}
    for k, equation in enumerate(equations):
        for node in walk(equation.rhs):
            if isinstance(node, Ref) and node.name in writers:
                yield _read(k, writers[node.name], node, equations[writers[node.name]])


def _read(reader: int, writer: int, node: Ref, definition: Equation) -> _Read:
    shifts: list[tuple[str, int]] = []
    plain = True
    for place, own in zip(node.at, definition.indices, strict=True):
        shift = _shift(place)
        if shift is None:
            # A gather, or an index scaled: fine on an axis over which nothing recurs; here the order is unknown.
            plain = False
        elif shift[1]:
            plain = plain and shift[0] == own.name
            shifts.append(shift)
    return _Read(reader, writer, tuple(shifts), plain, node.span)


def _shift(place: Expr) -> tuple[str, int] | None:
    """The letter and the offset of ``t - 1``; None for any other form."""
    if isinstance(place, Index):
        return place.name, 0
    if isinstance(place, Add) and len(place.args) == 2:
        index = next((a for a in place.args if isinstance(a, Index)), None)
        offset = next((a.value for a in place.args if isinstance(a, Num)), Fraction(1, 2))
        if index is not None and offset.denominator == 1:
            return index.name, int(offset)
    return None


def _reachable(count: int, reads: list[_Read]) -> list[set[int]]:
    """For each equation, those that its value depends on (itself only if it is in a cycle)."""
    direct: list[set[int]] = [set() for _ in range(count)]
    for read in reads:
        direct[read.reader].add(read.writer)
    reach: list[set[int]] = []
    for start in range(count):
        seen: set[int] = set()
        todo = sorted(direct[start])
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(sorted(direct[node]))
        reach.append(seen)
    return reach
