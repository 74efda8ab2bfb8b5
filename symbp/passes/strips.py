"""Chains of statements strip by strip: so many rows at a time that a cache holds what one leaves to the next.

Each statement of a chain is a pass over all numbers.  Where these lie in no cache, the sixteen passes of a GELU over
four million numbers take 37 ms; strip by strip they take 22, and what only the chain itself reads needs the memory of
one strip.  Strips cost a call for each statement.  Up to a million numbers, which the last cache holds, both take about
as long: there the simple form stays.

Rows lie together in memory, whatever sizes a call fixes: a chain that is cut along its last axis instead, which the
spec knows, reads short runs, and was slower than one that is not cut.

Tried and left: matrix products in front of a chain as parts of it.  What they leave in the cache is worth less than
what smaller matrices cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.lower.model import (
    PROBABILITY,
    UPDATE,
    Apply,
    Array,
    Axis,
    Fold,
    Program,
    Read,
    Scalar,
    Statement,
    Step,
    Strip,
    free_name,
    read_arrays,
    rows_of,
    targets_of,
    views_of,
)
from symbp.notation.records import dataclass, field, replace
from symbp.passes.ledger import Choice, Setting, counted
from symbp.passes.places import OVER_ANY, overwritable

SIZES = (1 << 14, 1 << 15, 1 << 16)  # numbers in the longest array of a strip
WHOLE = "all rows at once"
WORTH = 0.9  # of what the chain costs as it is: for less it is not cut
ROW_BY_ROW = OVER_ANY - {"sigmoid"}  # which is not one call
FOLDS = ("sum", "max", "min")


def work_in_strips(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Chains of statements over arrays that no cache holds are carried out on some rows at a time."""
    chains = _Chains(program, setting)
    layers = {o.node: o.layer for o in program.origins}
    taken: set[str] = set()
    choices: list[Choice] = []
    strips: dict[int, Strip] = {}
    brief: dict[str, Strip] = {}
    for start, chain in chains.found():
        name = free_name(layers.get(chain.statements[0].node) or program.name, taken)
        best, choice = chain.choose(name, setting)
        if len(choice.candidates) > 1:
            choices.append(choice)
        if best is not None:
            taken.add(name)
            strips |= dict.fromkeys(range(start, start + len(chain.statements)), best)
            brief |= dict.fromkeys(chain.inner, best)
    statements = tuple(
        replace(s, strip=strips[i]) if i in strips and isinstance(s, Statement) else s
        for i, s in enumerate(program.statements)
    )
    arrays = tuple(replace(a, strip=brief[a.name]) if a.name in brief else a for a in program.arrays)
    did = f"{counted(len(taken), 'chain')} of {counted(len(strips), 'statement')}" if strips else ""
    return replace(program, statements=statements, arrays=arrays), did, tuple(choices)


@dataclass(frozen=True, slots=True)
class _Chain:
    """Neighbouring statements that work row by row, where the first `lead` axes count the rows."""

    lead: int
    statements: tuple[Statement, ...]
    inner: frozenset[str]  # arrays that nothing else reads

    def choose(self, name: str, setting: Setting) -> tuple[Strip | None, Choice]:
        """How many rows at a time cost least."""
        lead = self.statements[0].axes[: self.lead]
        count = setting.extent(lead)
        longest = max(setting.extent(s.axes) for s in self.statements) // count
        options = {max(1, size // longest) for size in SIZES}
        parts = sorted((*(rows for rows in options if rows < count), count))
        costs = {rows: self.seconds(rows, count, setting) for rows in parts}
        best = min(costs, key=lambda rows: costs[rows])
        best = count if costs[best] > WORTH * costs[count] else best
        names = {rows: WHOLE if rows == count else f"{rows} rows at a time" for rows in costs}
        what = f"{name}, {counted(len(self.statements), 'statement')}"
        candidates = tuple((names[rows], seconds) for rows, seconds in costs.items())
        choice = Choice(what, candidates, names[best], "calls, and what a strip finds in a cache")
        return (None if best == count else Strip(name, self.lead, best)), choice

    def seconds(self, rows: int, count: int, setting: Setting) -> float:
        """The chain in strips of so many rows out of `count`.

        As much memory is in use between two reads of a number as the arrays take that wait at the same time.  What
        comes from outside of the chain, or leaves it, is not in a cache.
        """
        strips, machine = -(-count // rows), setting.machine
        strip = Strip("", self.lead, rows)
        uses = [rows_of(replace(s, strip=strip)) for s in self.statements]
        sizes = self.numbers(setting)
        waiting = max(sum(sizes[name] for name in names) for names in _waiting(uses))
        found, met = 0.0, set[str]() if strips == 1 else set(self.inner)
        for s, names in zip(self.statements, uses, strict=True):
            numbers = max(sizes[name] for name in names)
            first = sum(name not in met for name in names) / len(names)
            met |= set(names)
            memory = waiting / len(names)
            warm, cold = (machine.each(part * memory, len(names), _function(s)) for part in (rows / count, 1))
            found += strips * machine.call + numbers * (first * cold + (1 - first) * warm)
        return found + (strips * machine.call if strips > 1 else 0.0)

    def numbers(self, setting: Setting) -> dict[str, int]:
        """How many numbers each array has that goes row by row."""
        found = dict[str, int]()
        for s in self.statements:
            found[s.target] = setting.extent(s.axes)
            for name, axes in _reads(s):
                found[name] = setting.extent(axes)
        return found


def _waiting(uses: Sequence[Sequence[str]]) -> Iterator[set[str]]:
    """The arrays that a chain reads later on, statement by statement, with the one that is made."""
    for i, names in enumerate(uses):
        before = {name for own in uses[: i + 1] for name in own}
        later = {name for own in uses[i + 1 :] for name in own}
        yield (before & later) | {names[-1]}


def _function(s: Statement) -> str:
    return s.value.function if isinstance(s.value, Apply) else "add"


def _reads(s: Statement) -> Iterator[tuple[str, tuple[Axis, ...]]]:
    for node in s.value.children:
        if isinstance(node, Read):
            yield node.name, node.axes


@dataclass(slots=True)
class _Chains:
    """Looks for chains, the longest from each statement on."""

    program: Program
    setting: Setting
    arrays: dict[str, Array] = field(default_factory=dict)
    viewed: set[str] = field(default_factory=set)
    makers: dict[str, list[int]] = field(default_factory=dict)  # the places of the statements that make an array
    readers: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        views = views_of(self.program.arrays)
        self.arrays = {a.name: a for a in self.program.arrays}
        self.viewed = {*views, *views.values()}
        for i, s in enumerate(self.program.statements):
            for name in targets_of(s):
                self.makers.setdefault(name, []).append(i)
            for name in read_arrays(s, views):
                self.readers.setdefault(name, []).append(i)

    def found(self) -> Iterator[tuple[int, _Chain]]:
        """The chains of more than one statement, with the places where they begin."""
        statements, at = self.program.statements, 0
        while at < len(statements):
            s = statements[at]
            leads = range(len(s.axes), 0, -1) if isinstance(s, Statement) else ()
            chains = [self.longest(at, lead) for lead in leads]
            best = max(chains, key=lambda chain: len(chain.statements), default=None)
            if best is None or len(best.statements) < 2:
                at += 1
                continue
            yield at, best
            at += len(best.statements)

    def longest(self, at: int, lead: int) -> _Chain:
        """The neighbours from here on that go row by row; at least one of them has longer rows than one number."""
        chain: list[Statement] = []
        rows, others = set[str](), set[str]()
        for s in self.program.statements[at:]:
            if not isinstance(s, Statement) or not self.fits(s, lead, chain):
                break
            rows |= set(rows_of(replace(s, strip=Strip("", lead, 1))))
            others |= {name for name, axes in _reads(s) if axes[:lead] != s.axes[:lead]}
            if rows & others:  # axes of one size that count different things
                break
            chain.append(s)
        while chain and all(len(s.axes) == lead and not isinstance(s.value, Fold) for s in chain):
            chain = []
        within = range(at, at + len(chain))
        inner = {s.target for s in chain if all(i in within for i in self.readers.get(s.target, ()))}
        return _Chain(lead, tuple(chain), frozenset(self.apart(chain, inner - self.program.lasting)))

    def apart(self, chain: Sequence[Statement], inner: set[str]) -> set[str]:
        """Those of the inner arrays that get memory of a strip: what leads to another array step by step lies there."""
        for s in reversed(chain):
            if s.target not in inner:
                steps = [name for name in overwritable(s) if name in inner and self.steps_to(name, s)]
                inner = inner - set(steps[:1])
        return inner

    def steps_to(self, name: str, s: Statement) -> bool:
        """Whether an array is only a step towards what a statement makes."""
        final = self.arrays[name].part_of
        once = len(self.readers[name]) == 1
        return once and final != "" and final in (s.target, self.arrays[s.target].part_of)

    def fits(self, s: Statement, lead: int, chain: Sequence[Step]) -> bool:
        """Whether a statement works row by row, on the rows of those before it."""
        first = chain[0] if chain else s
        assert isinstance(first, Statement)
        own, sizes = s.axes[:lead], [a.size for a in first.axes[:lead]]
        if len(own) < lead or [a.size for a in own] != sizes or (s.stage, s.kernel) != (first.stage, ""):
            return False
        if not s.definition or s.stage in (PROBABILITY, UPDATE) or self.makers[s.target][1:]:
            return False
        return self.goes(s.target, s.axes) and self.by_row(s, own)

    def by_row(self, s: Statement, lead: tuple[Axis, ...]) -> bool:
        """Whether what a statement computes for one row reads that row only, and what is the same for all."""
        value = s.value
        if isinstance(value, Fold):
            body, over = value.body, value.over
            if not isinstance(body, Read) or body.axes != (*lead, *over) or len(over) != 1 or s.axes != lead:
                return False
            return value.op in FOLDS and self.goes(body.name, body.axes)
        if not isinstance(value, Apply) or value.function not in ROW_BY_ROW:
            return False
        if not all(isinstance(n, Read | Scalar) for n in value.args):
            return False
        arrays = [n for n in value.args if isinstance(n, Read)]
        rows = [n for n in arrays if n.axes[: len(lead)] == lead]
        apart = all(n in rows or not set(n.axes) & set(lead) for n in arrays)
        return apart and all(self.goes(n.name, n.axes) for n in rows)

    def goes(self, name: str, axes: tuple[Axis, ...]) -> bool:
        """Whether an array lies in the workspace without gaps, in these axes."""
        array = self.arrays[name]
        home = self.arrays.get(array.part_of, array)  # a step may lie in the memory of what it leads to
        plain = array.kind == home.kind == "value" and not array.padding and array.ones < 0 and name not in self.viewed
        return plain and array.shape == tuple(a.size for a in axes)
