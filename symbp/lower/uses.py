"""Which statements make an array, and which read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from symbp.lower.arrays import Array
from symbp.lower.nodes import reads
from symbp.lower.routines import RoutineCall
from symbp.lower.statements import Statement

Step = Statement | RoutineCall


def views_of(arrays: Iterable[Array]) -> dict[str, str]:
    """The arrays that are other views, and of what."""
    return {a.name: a.view_of for a in arrays if a.view_of}


def rows_apart(arrays: Iterable[Array], statements: Iterable[Step]) -> dict[str, Array]:
    """The arrays whose rows lie further apart than they are long, and the longer array that each lies in.

    Of that one nothing is made or read but the array: it has room behind its rows for that alone.
    """
    known = {a.name: a for a in arrays}
    used = {name for s in statements for name in (*targets_of(s), *read_arrays(s, {}))}
    inside = {a.name: known[a.view_of] for a in known.values() if a.view_of and not a.place and not a.rows}
    return {name: whole for name, whole in inside.items() if whole.kind == "padded" and whole.name not in used}


def targets_of(s: Step) -> tuple[str, ...]:
    """The names of the arrays that a statement makes or changes."""
    return s.targets if isinstance(s, RoutineCall) else (s.target,)


def read_arrays(s: Step, views: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the arrays that a statement reads, those behind views."""
    names = s.read if isinstance(s, RoutineCall) else reads(s.value)
    return tuple(dict.fromkeys(views.get(name, name) for name in names))


@dataclass(frozen=True, slots=True)
class Uses:
    """The places, among the statements of a program, of those that make or change an array and of those that read it.

    An array that nothing makes, or nothing reads, is missing.
    """

    made: dict[str, list[int]] = field(default_factory=dict)
    read: dict[str, list[int]] = field(default_factory=dict)


def uses_of(statements: Iterable[Step], views: Mapping[str, str]) -> Uses:
    """The uses of all arrays, reads of views as those of the arrays behind them."""
    uses = Uses()
    for place, s in enumerate(statements):
        for name in dict.fromkeys(targets_of(s)):
            uses.made.setdefault(name, []).append(place)
        for name in read_arrays(s, views):
            uses.read.setdefault(name, []).append(place)
    return uses
