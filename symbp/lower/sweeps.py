"""Which equations are computed together, one step after the other: those that read each other at earlier steps.

Equations that depend on themselves form a system, which is a recurrence over one of their indices: every read of a
member is at the same step, of a member that this step has computed by then, or at steps that are done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbp.lower.letters import refuse
from symbp.notation.expr import Add, Equation, Expr, Index, Num, Ref, walk


@dataclass(frozen=True, slots=True)
class Sweep:
    """A recurrence: its equations in the order of one step, from the last step to the first where `reverse`.

    `places` says of each member which of its indices counts the steps."""

    equations: tuple[Equation, ...]
    places: Mapping[str, int]
    reverse: bool

    @property
    def index(self) -> Index:
        """The index that counts the steps."""
        first = self.equations[0]
        return first.indices[self.places[first.name]]


def in_order(equations: Sequence[Equation]) -> list[Equation | Sweep]:
    """The equations in an order of computation, as near to the given one as it can be; recurrences as one element.

    Raises DerivationError where equations that depend on themselves are no recurrence over any index.
    """
    names = {e.name: k for k, e in enumerate(equations)}
    direct = [sorted({names[r.name] for r in _reads(e) if r.name in names}) for e in equations]
    reach = [_reachable(k, direct) for k in range(len(equations))]
    done: set[int] = set()
    made: list[Equation | Sweep] = []

    def visit(k: int) -> None:
        if k in done:
            return
        members = sorted({k, *(m for m in reach[k] if k in reach[m])})
        done.update(members)
        for m in members:
            for before in direct[m]:
                visit(before)
        made.append(_sweep([equations[m] for m in members]) if k in reach[k] else equations[k])

    for k in range(len(equations)):
        visit(k)
    return made


def steps(place: Expr, index: Index) -> int | None:
    """The c of ``index + c``; None for anything else."""
    if place == index:
        return 0
    if isinstance(place, Add) and len(place.args) == 2 and index in place.args:
        c = next((a.value for a in place.args if isinstance(a, Num)), Fraction(1, 2))
        return int(c) if c.denominator == 1 else None
    return None


def _reads(e: Equation) -> list[Ref]:
    return [n for n in walk(e.rhs) if isinstance(n, Ref)]


def _reachable(start: int, direct: Sequence[Sequence[int]]) -> set[int]:
    """Everything that an equation depends on; itself only where it does."""
    seen: set[int] = set()
    todo = list(direct[start])
    while todo:
        k = todo.pop()
        if k not in seen:
            seen.add(k)
            todo += direct[k]
    return seen


def _sweep(members: list[Equation]) -> Sweep:
    for place in range(len(members[0].indices)):
        found = _along(members, place)
        if found is not None:
            return found
    raise refuse(f"the system of {', '.join(e.name for e in members)}, which is no recurrence over one index,")


def _along(members: list[Equation], place: int) -> Sweep | None:
    """The recurrence over that index of the first member, if it is one."""
    own = {e.name: e for e in members}
    places = {members[0].name: place}
    before: dict[str, set[str]] = {e.name: set() for e in members}  # what a step must have computed by then
    directions: set[bool] = set()
    for name in _spread(members[0].name, own):
        index = own[name].indices[places[name]]
        for r in (r for r in _reads(own[name]) if r.name in own):
            at = [(k, steps(p, index)) for k, p in enumerate(r.at) if index in walk(p)]
            shift = at[0][1] if len(at) == 1 else None
            if shift is None or places.setdefault(r.name, at[0][0]) != at[0][0]:
                return None
            if shift == 0:
                before[name].add(r.name)
            else:
                directions.add(shift > 0)
    order = _sorted(members, before)
    return Sweep(order, places, directions == {True}) if order and len(directions) == 1 else None


def _spread(first: str, own: Mapping[str, Equation]) -> list[str]:
    """All members, each after one that reads it."""
    found = [first]
    for name in found:
        found += [r for r in dict.fromkeys(n.name for n in _reads(own[name])) if r in own and r not in found]
    return found


def _sorted(members: list[Equation], before: Mapping[str, set[str]]) -> tuple[Equation, ...]:
    """The members in an order of computation within a step, as near to the given one as it can be; () without one."""
    left, made = list(members), list[Equation]()
    while left:
        ready = next((e for e in left if not before[e.name] & {other.name for other in left}), None)
        if ready is None:
            return ()
        left.remove(ready)
        made.append(ready)
    return tuple(made)
