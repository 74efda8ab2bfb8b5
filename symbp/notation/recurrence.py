"""Reads of a value before its definition: a recurrence runs one way, and everything else is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbp.notation.expr import Add, Equation, Expr, Index, Num, Ref, Span, walk
from symbp.notation.problems import FormulaProblem


@dataclass(frozen=True, slots=True)
class _Read:
    """Equation `reader` reads the value of equation `writer`.

    `steps` gives, for each letter of the value's definition, the offset at which it is read: -1 for ``t-1`` on the axis
    that is defined over ``t``; None where something else than that letter is read there.
    """

    reader: int
    writer: int
    steps: Mapping[str, int | None]
    span: Span | None

    def in_step(self, letter: str) -> bool:
        """Whether a computation over `letter`, one step after another, has this value when it is needed."""
        step = self.steps.get(letter)
        return step is not None and (step != 0 or self.writer < self.reader)


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
            problems.append(_too_early(equations[read.writer].name, read.span))
    for members in sorted(systems, key=sorted):
        problems.extend(_check_system(equations, sorted(members), systems[members]))
    return problems


def check_assignments(equations: Sequence[Equation], declared: frozenset[str]) -> list[FormulaProblem]:
    """For equations that are carried out in order: reads of a value before the line that gives it one."""
    known = set(declared)
    problems: list[FormulaProblem] = []
    for equation in equations:
        unknown = [n for n in walk(equation.rhs) if isinstance(n, Ref) and n.name not in known]
        problems.extend(_too_early(n.name, n.span) for n in unknown)
        known.add(equation.name)
    return problems


def _too_early(name: str, span: Span | None) -> FormulaProblem:
    return FormulaProblem("F131", f"{name!r} is read before it is defined", span, "define it on a line above")


def _check_system(equations: Sequence[Equation], members: list[int], reads: list[_Read]) -> list[FormulaProblem]:
    """A system of equations that depend on each other is computed step by step over one of their common letters."""
    common = [i.name for i in equations[members[0]].indices]
    common = [m for m in common if all(m in {i.name for i in equations[k].indices} for k in members)]
    for letter in common:
        signs = {(read.steps.get(letter) or 0) > 0 for read in reads if read.steps.get(letter)}
        if all(read.in_step(letter) for read in reads) and len(signs) == 1:
            return []
    shifted = (m for m in common if any(read.steps.get(m) for read in reads))
    return _why_not(equations, reads, next(shifted, ""))


def _why_not(equations: Sequence[Equation], reads: list[_Read], letter: str) -> list[FormulaProblem]:
    """What stands in the way of a recurrence over `letter`; of any recurrence where there is none."""
    problems: list[FormulaProblem] = []
    forward: bool | None = None
    for read in reads:
        name, step = equations[read.writer].name, read.steps.get(letter)
        if step:
            forward = step < 0 if forward is None else forward
            if forward != (step < 0):
                message = f"the recurrence over {letter!r} runs one way, and this read of {name!r} the other"
                hint = f"one system of equations reads either {letter}-1 or {letter}+1"
                problems.append(FormulaProblem("F133", message, read.span, hint))
        elif not read.in_step(letter) and (letter or read.writer >= read.reader):
            message = f"{name!r} is read while it is being computed"
            hint = "a recurrence reads an earlier step, as in h[n,t-1,k]"
            problems.append(FormulaProblem("F132", message, read.span, hint))
    return problems


def _reads(equations: Sequence[Equation]) -> Iterator[_Read]:
    writers = {e.name: k for k, e in enumerate(equations)}
    for k, equation in enumerate(equations):
        for node in walk(equation.rhs):
            if isinstance(node, Ref) and node.name in writers:
                own = equations[writers[node.name]].indices
                steps = {i.name: _step(place, i.name) for place, i in zip(node.at, own, strict=True)}
                yield _Read(k, writers[node.name], steps, node.span)


def _step(place: Expr, letter: str) -> int | None:
    """The offset of ``t - 1`` from ``t``; None for anything but the letter with a number."""
    if isinstance(place, Index):
        return 0 if place.name == letter else None
    if isinstance(place, Add) and len(place.args) == 2:
        index = next((a for a in place.args if isinstance(a, Index)), None)
        offset = next((a.value for a in place.args if isinstance(a, Num)), Fraction(1, 2))
        if index is not None and index.name == letter and offset.denominator == 1:
            return int(offset)
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
