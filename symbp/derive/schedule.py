"""Equations in an order of computation; those of a recurrence keep the order of its step."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.notation.expr import Equation, tensors


def merged(old: Sequence[Equation], new: Sequence[Equation]) -> tuple[Equation, ...]:
    """Both, each name once (as `new` has it), in an order of computation that keeps to the old one where it can."""
    rows = {e.name: e for e in new}
    names = [e.name for e in old]
    for e in new:
        if e.name not in names:
            readers = (k for k, name in enumerate(names) if e.name in _reads(rows.get(name)))
            names.insert(next(readers, len(names)), e.name)
    rows = {e.name: e for e in old} | rows
    return ordered([rows[name] for name in names], within=tuple(rows[e.name] for e in new))


def _reads(e: Equation | None) -> frozenset[str]:
    return frozenset() if e is None else tensors(e.rhs)


def ordered(equations: Sequence[Equation], within: Sequence[Equation] = ()) -> tuple[Equation, ...]:
    """The equations in an order of computation: the first one whose values are there, again and again.

    Equations that read each other stay together, in the order of `within` where they all stand there.
    """
    reach = _reach(equations)
    cycles = {e.name: [f for f in equations if f.name in reach[e.name] and e.name in reach[f.name]] for e in equations}
    done: dict[str, Equation] = {}
    waiting = list(equations)
    while waiting:
        ready = (e for e in waiting if _external(e, cycles[e.name], equations) <= done.keys())
        group = cycles[next(ready).name] or [next(e for e in waiting if _external(e, [], equations) <= done.keys())]
        if all(e in within for e in group):
            group = sorted(group, key=within.index)
        done |= {e.name: e for e in group}
        waiting = [e for e in waiting if e.name not in done]
    return tuple(done.values())


def _external(e: Equation, cycle: Sequence[Equation], equations: Sequence[Equation]) -> set[str]:
    """What must be there before e, or before the cycle that it belongs to."""
    own = {e.name, *(f.name for f in cycle)}
    read = {n for f in (e, *cycle) for n in tensors(f.rhs)}
    return (read & {f.name for f in equations}) - own


def _reach(equations: Sequence[Equation]) -> dict[str, set[str]]:
    """For each equation, what its value depends on (itself only in a cycle)."""
    known = {e.name for e in equations}
    direct = {e.name: tensors(e.rhs) & known for e in equations}
    out: dict[str, set[str]] = {}
    for name, first in direct.items():
        found: set[str] = set()
        todo = sorted(first)
        while todo:
            n = todo.pop()
            if n not in found:
                found.add(n)
                todo.extend(sorted(direct[n]))
        out[name] = found
    return out


def needed(equations: Sequence[Equation], name: str) -> tuple[Equation, ...]:
    """What the value of this name depends on, in the same order, and its own equation last."""
    reach = _reach(equations)[name]
    own = next(e for e in equations if e.name == name)
    return (*(e for e in equations if e.name in reach and e.name != name), own)
