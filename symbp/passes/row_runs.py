"""Runs of statements that can be carried out a few rows at a time, and what stands in front of them and behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symbp.lower.model import (
    Array,
    Axis,
    Fold,
    Product,
    Program,
    Read,
    Statement,
    Step,
    Window,
    read_arrays,
    reads,
    targets_of,
    views_of,
    walk,
)
from symbp.passes.places import overwritable
from symbp.passes.row_letters import Letters, Sizes, Use, Uses, counted_together, row_by_row, row_letters

MEMBER, BESIDE, AFTER, END = "member", "beside", "after", "end"


@dataclass(frozen=True, slots=True)
class Member:
    """A statement of a run: its letters that count rows, the reads by rows, and the dimension of its target that does.

    Where that is None, the statement sums over rows.
    """

    statement: Statement
    rows: Letters
    uses: tuple[Use, ...]
    dimension: int | None


@dataclass(slots=True)
class Run:
    """A run in the making, from the statement at the place `start` on.

    Its rows are the places of one axis, or those of the first axes of its arrays counted together, whose `sizes` a call
    fixes.  How many rows there are is then not known: all statements work row by row.
    """

    program: Program
    start: int
    arrays: Mapping[str, Array]
    views: Mapping[str, str]
    sizes: Sizes = ()
    members: dict[int, Member] = field(default_factory=dict)  # by place
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)  # by rows: the dimension

    @property
    def statements(self) -> Sequence[Step]:
        return self.program.statements

    def statement(self, k: int) -> Step:
        """A statement with one axis for the rows."""
        s = self.statements[k]
        return counted_together(s, self.sizes) if self.sizes and isinstance(s, Statement) else s

    def written(self, places: Sequence[int]) -> set[str]:
        """The memory that statements write."""
        return {self.base(name) for k in places for name in targets_of(self.statements[k])}

    def read_before(self) -> set[str]:
        """The memory of arrays that members read and do not make."""
        names = {name for m in self.members.values() for name in reads(m.statement.value)}
        return {self.base(name) for name in names if name not in self.made}

    def base(self, name: str) -> str:
        return self.views.get(name, name)

    @property
    def sums(self) -> set[str]:
        return {m.statement.target for m in self.members.values() if m.dimension is None}

    def grow(self, seed: Axis) -> None:
        """Takes statements in, one after the other, as long as each has a place."""
        first = self.statements[self.start]
        for k in range(self.start, len(self.statements)):
            s = self.statement(k)
            if s.stage != first.stage or not isinstance(s, Statement) or not _plain(s):
                break
            found = self.place(k, s, seed if k == self.start else None)
            if found == END or (k == self.start and found != MEMBER):
                break
            if found != MEMBER:
                (self.before if found == BESIDE else self.after).append(k)
        last = max(self.members, default=self.start)
        self.before = [k for k in self.before if k < last and k not in self.members]
        self.after = [k for k in self.after if k < last]

    def place(self, k: int, s: Statement, seed: Axis | None) -> str:
        """Where a statement goes; a member is taken in."""
        read = {self.base(name) for name in read_arrays(s, self.views)}
        if read & (self.written(self.after) | self.sums):
            return AFTER
        rows = row_letters(s, self.made, seed)
        if not rows:
            met = self.written([*self.members])
            if self.base(s.target) in met | self.read_before():
                return END
            return AFTER if read & met else BESIDE
        member = self.member(s, rows)
        if isinstance(member, str):
            return member
        self.members[k] = member
        if member.dimension is not None:
            self.made[s.target] = member.dimension
        for use in member.uses:
            self.pull(use)
        return MEMBER

    def member(self, s: Statement, rows: Letters) -> Member | str:
        """A statement as a member, or where it goes instead."""
        summed = isinstance(s.value, Product) or (isinstance(s.value, Fold) and s.value.op == "sum")
        over = s.value.over if isinstance(s.value, Product | Fold) else ()
        own = [k for k, a in enumerate(s.axes) if a in rows]
        uses = Uses(rows)
        if not own and summed and rows <= set(over):
            uses.scan_all(s.value)
        else:
            uses.scan(s.value)
            uses.fits = uses.fits and len(own) == 1
        target = self.arrays[s.target]
        fits = uses.fits and self.may_be_made(target, bool(own)) and all(map(self.may_be_read, uses.found))
        fits = fits and (not own or self.lies_so(target, s.axes, own[0]))
        fits = fits and (not self.sizes or (own == [0] and row_by_row(s)))
        met = self.written([*self.members])
        for use in uses.found:
            if use.read.name in self.made and (not use.whole or self.made[use.read.name] != use.dimension):
                return AFTER  # it needs rows that are not there yet
            if use.read.name not in self.made and self.base(use.read.name) in met:
                return AFTER
        by_rows = {u.read.name for u in uses.found}
        others = {name for name in reads(s.value) if name not in by_rows}
        if others & set(self.made) or {self.base(name) for name in others} & met:
            return AFTER
        if self.base(s.target) in (met if s.target not in self.views else self.read_before()):
            return END
        return Member(s, rows, tuple(uses.found), own[0] if own else None) if fits else AFTER

    def may_be_made(self, array: Array, by_rows: bool) -> bool:
        """Whether parts of an array may be filled one after the other."""
        inside = not array.view_of or self.arrays[array.view_of].kind == "padded"
        plain = array.kind == "value" and not (array.padding or array.place or array.ones >= 0) and inside
        if array.name in self.program.lasting or (self.sizes and self.has_views(array)):
            return False  # it is bound as a whole
        sums = array.kind == "gradient" or (array.kind == "value" and not array.view_of and not array.padding)
        return plain if by_rows else sums and array.dtype == "real"

    def may_be_read(self, use: Use) -> bool:
        """Whether parts of an array may be read one after the other."""
        array, k = self.arrays[use.read.name], use.dimension
        inside = not array.view_of or self.arrays[array.view_of].kind == "padded"
        plain = array.kind in ("value", "padded") and not (array.padding or array.place or array.ones >= 0)
        alone = not self.sizes or (array.kind == "value" and not self.has_views(array))
        return plain and inside and alone and self.lies_so(array, use.read.axes, k)

    def has_views(self, array: Array) -> bool:
        return array.name in self.views or array.name in self.views.values()

    def lies_so(self, array: Array, axes: Sequence[Axis], k: int) -> bool:
        """Whether an array lies in memory as a statement has it, at least up to the axis that counts rows."""
        own = tuple(a.size for a in axes)
        return array.shape == (*self.sizes, *own[1:]) if self.sizes else array.shape[: k + 1] == own[: k + 1]

    def pull(self, use: Use) -> None:
        """What was put in front of the run, and is read by rows in it, is computed in it where that fits."""
        for k in [k for k in self.before if use.read.name in targets_of(self.statements[k])]:
            s = self.statement(k)
            if not isinstance(s, Statement) or not use.whole or use.factor != 1 or len(s.axes) <= use.dimension:
                continue
            rows = row_letters(s, {}, s.axes[use.dimension])
            later = {name for j in self.before if j != k for name in read_arrays(self.statements[j], self.views)}
            member = self.member(s, rows)
            if isinstance(member, Member) and member.dimension == use.dimension and self.base(s.target) not in later:
                self.before.remove(k)
                self.members[k] = member
                self.made[s.target] = use.dimension
                for other in member.uses:
                    self.pull(other)

    # ---- once it is complete ----

    def in_order(self) -> list[Member]:
        """The members in the order of the program."""
        return [self.members[k] for k in sorted(self.members)]

    def local(self) -> set[str]:
        """The arrays that nothing outside of the run reads: they are as long as a part."""
        outside = [s for k, s in enumerate(self.statements) if k not in self.members]
        kept = {name for s in outside for name in (*read_arrays(s, {}), *read_arrays(s, self.views), *targets_of(s))}
        kept |= set(self.program.lasting) | {name for pair in self.program.probabilities for name in pair}
        found = {name for name in self.made if name not in kept and name not in self.views}
        for s in (m.statement for m in reversed(self.in_order()) if self.sizes):
            steps = [name for name in overwritable(s) if s.target not in found and name in found]
            found -= {*[name for name in steps if self.steps_to(name, s)][:1]}
        return found

    def steps_to(self, name: str, s: Statement) -> bool:
        """Whether an array is only a step towards what a statement makes, and may lie there."""
        final = self.arrays[name].part_of
        readers = [m for m in self.members.values() if name in reads(m.statement.value)]
        return len(readers) == 1 and final != "" and final in (s.target, self.arrays[s.target].part_of)

    def cut_short(self) -> bool:
        """Leaves out, from the first one on, members that would need matrices out of parts that lie apart."""
        local = self.local()
        for k in sorted(self.members):
            if _apart(self.members[k], local):
                self.members = {j: m for j, m in self.members.items() if j < k}
                last = max(self.members, default=-1)
                self.made = {m.statement.target: m.dimension for m in self.members.values() if m.dimension is not None}
                self.before = [j for j in self.before if j < last]
                self.after = [j for j in self.after if j < last]
                return True
        return False


def runs_from(program: Program, start: int) -> list[Run]:
    """The runs that may begin with a statement, one for each axis of its target that may count rows."""
    s, arrays, views = program.statements[start], {a.name: a for a in program.arrays}, views_of(program.arrays)
    found = list[Run]()
    for axis, sizes in _seeds(s) if isinstance(s, Statement) and _plain(s) else ():
        run = Run(program, start, arrays, views, sizes)
        run.grow(axis)
        while run.cut_short():
            pass
        numbers = bool(sizes) and all(m.statement.axes == tuple(m.rows) for m in run.members.values())
        same = bool(sizes) and any(other.sizes and other.members.keys() == run.members.keys() for other in found)
        if len(run.members) > 1 and not numbers and not same:
            found.append(run)
    return found


def _seeds(s: Statement) -> Iterator[tuple[Axis, Sizes]]:
    """The axes that may count rows: each of a known size, and the first ones together where a call fixes a size."""
    for axis in s.axes:
        if isinstance(axis.size, int) and axis.size > 1:
            yield axis, ()
    for k in range(len(s.axes), 0, -1):  # the shortest rows first
        sizes = tuple(a.size for a in s.axes[:k])
        first = counted_together(s, sizes).axes[0]
        if any(isinstance(size, str) for size in sizes) and (k == 1 or first != s.axes[0]):
            yield first, sizes


def _plain(s: Statement) -> bool:
    return s.definition and not s.kernel and bool(s.axes)


def _apart(member: Member, local: set[str]) -> bool:
    """Whether a product or a sum takes or makes a part of an array that does not lie in one piece."""
    s = member.statement
    whole = not isinstance(s.value, Product | Fold) or (isinstance(s.value, Fold) and _by_tap(s.value))
    if whole:
        return False
    met = [(u.read.name, u.dimension) for u in member.uses]
    met += [(s.target, member.dimension)] if member.dimension is not None else []
    return any(k and name not in local for name, k in met)


def _by_tap(fold: Fold) -> bool:
    return any(isinstance(n, Window) and isinstance(n.source, Read) for n in walk(fold.body))
