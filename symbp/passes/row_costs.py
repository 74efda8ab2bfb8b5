"""What a run of statements costs all at once, and in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from symbp.lower.model import Product, Statement
from symbp.passes.pricing import Pricing
from symbp.passes.row_cuts import Cut
from symbp.passes.row_runs import Member, Run


@dataclass(slots=True)
class RowCosts:
    """A run, in the parts of a `cut` where there is one.

    Between two uses of a number lie the arrays that wait at the same time: a call on k arrays costs for each number
    what it costs where k arrays are together as large as those.  What a part meets for the first time of arrays that
    last has as much in between as all at once.  Parts along another axis than the first one lie in memory with gaps.
    """

    run: Run
    cut: Cut | None
    pricing: Pricing
    numbers: dict[str, int] = field(default_factory=dict)  # of each array that goes by rows

    def __post_init__(self) -> None:
        names = {name for m in self.run.members.values() for name in _met(m)}
        self.numbers = {name: prod(map(self.pricing.setting.size, self.run.arrays[name].shape)) for name in names}

    def seconds(self) -> float:
        """All statements of the run, and where it is a loop what a step of that costs."""
        parts, met = (self.cut.parts, set(self.cut.local)) if self.cut else (1, set[str]())
        found = self.pricing.setting.machine.call if self.cut else 0.0
        uses = [_met(member) for member in self.run.in_order()]
        waiting = max(sum(self.numbers[name] for name in names) for names in _waiting(uses))
        for place, names in zip(sorted(self.run.members), uses, strict=True):
            statements = self.statements(place)
            found += sum(map(self.pricing.seconds, statements))
            first = sum(self.numbers[name] for name in names if self.run.base(name) not in met)
            if not isinstance(statements[0].value, Product):
                share = first / sum(self.numbers[name] for name in names)
                found += share * self.waited(place, waiting, statements[0])
                found += (1 - share) * self.waited(place, waiting / parts, statements[0])
            met |= {self.run.base(name) for name in names}
        return parts * found

    def statements(self, place: int) -> list[Statement]:
        """What a member of the run comes to, as it is or in one step of the loop."""
        whole = self.run.statements[place]
        assert isinstance(whole, Statement)
        return self.cut.rewritten(self.run.members[place]) if self.cut else [whole]

    def waited(self, place: int, waiting: float, s: Statement) -> float:
        """How many seconds longer a call takes where so many numbers wait between two uses of one."""
        member, setting, parts = self.run.members[place], self.pricing.setting, self.cut.parts if self.cut else 1
        names = _met(member)
        numbers, k = max(setting.extent(s.axes), *(self.numbers[name] // parts for name in names)), len(names)
        least = setting.machine.each(numbers, k)
        each = setting.machine.each(max(numbers, waiting / k), k, run=self.unbroken(member))
        return numbers * max(0.0, each - least)

    def unbroken(self, member: Member) -> int | None:
        """How many numbers of the parts that a statement takes lie without a gap; None where all do."""
        met = {u.read.name: u.dimension for u in member.uses}
        met |= {member.statement.target: member.dimension} if member.dimension is not None else {}
        cut, size = self.cut, self.pricing.setting.size
        if cut is None:
            return None
        apart = [(self.run.arrays[name].shape, k) for name, k in met.items() if k and name not in cut.local]
        return min((cut.length(shape[k]) * prod(map(size, shape[k + 1 :])) for shape, k in apart), default=None)


def _met(member: Member) -> tuple[str, ...]:
    """The arrays that a statement goes through by rows."""
    target = (member.statement.target,) if member.dimension is not None else ()
    return tuple(dict.fromkeys((*(u.read.name for u in member.uses), *target)))


def _waiting(uses: Sequence[Sequence[str]]) -> Iterator[set[str]]:
    """The arrays that a run reads later on, statement by statement, with those of the statement."""
    for i, names in enumerate(uses):
        before = {name for own in uses[: i + 1] for name in own}
        later = {name for own in uses[i + 1 :] for name in own}
        yield (before & later) | set(names)
