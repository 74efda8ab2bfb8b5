"""Neighbouring statements that go through the rows of large arrays together, a few rows at a time, all in one loop.

What one statement makes of some rows is in the cache when the next one reads it, and what nothing else reads is never
longer than a part: of a convolution, its taps and sums, of its gradient the patches and the gradient of each part of
the kernel.  Rows are the places along any axis that all of these statements share: each is pointwise along it, has for
every row a fixed number of others, as a pooling, or sums over it; rows beside a part may be read of arrays that are
complete before.  Measured on three convolutions of 32 x 32 images, a batch of 32: 47 milliseconds instead of 56.

A part costs its calls, and views of the arrays that last; these are made once, with the workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    Array,
    At,
    Axis,
    Fold,
    Loop,
    Node,
    Product,
    Program,
    Reach,
    Read,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Step,
    Window,
    axes_of,
    free_name,
    reaches,
    relettered,
    walk,
    with_children,
)
from symbp.notation.expr import number
from symbp.notation.records import dataclass, field, replace
from symbp.passes.ledger import Choice, Setting, counted
from symbp.passes.pricing import Pricing
from symbp.passes.row_letters import Use
from symbp.passes.row_runs import Member, Run, runs_from

LARGE = 1 << 16  # numbers of an array with which a run begins: a cache holds several that are smaller
# Numbers that nothing outside of a run reads: a loop pays by what of these stays in a cache.  Loops over arrays that
# all last anyway, or that a cache holds as they are, were slower by 10 % and more than their price says.
BRIEF = 1 << 18
WORTH = 0.9  # of what all but products cost without a loop: for a smaller gain there is none
NEAR = 1.02  # smaller parts that cost so much more take less memory
WHOLE = "all at once"
STAGES = (FORWARD, BACKWARD)


def run_in_rows(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Neighbouring statements on large arrays in one loop over a few rows each, where that costs less."""
    pricing, choices, count, k = Pricing(setting), list[Choice](), 0, 0
    while k < len(program.statements):
        plan = _best(program, k, pricing)
        k += 1
        if plan is None:
            continue
        choices.append(plan.choice)
        if plan.parts > 1:
            program, k = plan.carried_out(f"parts {count + 1}")
            count += 1
    return program, counted(count, "loop") + " over parts of arrays" if count else "", tuple(choices)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A run, and into how many parts its rows are cut."""

    run: Run
    parts: int
    saved: float
    choice: Choice

    def carried_out(self, name: str) -> tuple[Program, int]:
        """The program with the run as a loop, and the place behind it."""
        run, program = self.run, self.run.program
        cut = _Cut(run, self.parts, name)
        inside = cut.statements()
        own = program.statements
        last = max(run.members)
        skipped = {*run.members, *run.before, *run.after}
        front = [own[j] for j in sorted(run.before)]
        behind = [own[j] for j in sorted(run.after)]
        rest = [own[j] for j in range(run.start, last + 1) if j not in skipped]
        assert not rest, "every statement up to the last one has a place"
        made = [*front, *cut.cleared, *inside]
        statements = (*own[: run.start], *made, *behind, *own[last + 1 :])
        arrays = tuple(cut.arrays.values())
        return replace(program, arrays=arrays, statements=statements), run.start + len(made)


def _best(program: Program, start: int, pricing: Pricing) -> _Plan | None:
    """The run that begins with a statement and saves most."""
    s = program.statements[start]
    if not isinstance(s, Statement) or s.stage not in STAGES or pricing.setting.extent(s.axes) < LARGE:
        return None
    plans = [_plan(run, pricing) for run in runs_from(program, start)]
    return max((p for p in plans if p is not None), key=lambda p: p.saved, default=None)


def _plan(run: Run, pricing: Pricing) -> _Plan | None:
    """The number of parts that costs least; None where no number fits."""
    brief = sum(prod(map(pricing.setting.size, run.arrays[name].shape)) for name in run.local())
    counts = _counts(run) if brief >= BRIEF else []
    if not counts:
        return None
    whole = _seconds(run, 1, pricing)
    costs = {n: _seconds(run, n, pricing) for n in counts}
    least = min(costs.values())
    parts = max(n for n in counts if costs[n] <= NEAR * least)
    products = sum(pricing.seconds(m.statement) for m in run.in_order() if isinstance(m.statement.value, Product))
    parts = parts if costs[parts] - products <= WORTH * (whole - products) else 1
    names = {n: f"{n} parts" for n in counts} | {1: WHOLE}
    candidates = ((WHOLE, whole), *((names[n], costs[n]) for n in counts))
    what = f"rows from {run.in_order()[0].statement.target} to {run.in_order()[-1].statement.target}"
    choice = Choice(what, candidates, names[parts], "calls, and what a part finds in a cache")
    return _Plan(run, parts, whole - costs[parts] if parts > 1 else 0.0, choice)


def _counts(run: Run) -> list[int]:
    """Into how many parts the rows of all members may be cut."""
    sizes = [a.size for m in run.members.values() for a in m.rows if isinstance(a.size, int)]
    fit = (n for n in range(2, min(sizes) + 1) if all(size % n == 0 for size in sizes))
    return [n for n in fit if _runs_alike(run, _Cut(run, n, ""))]


def _runs_alike(run: Run, cut: _Cut) -> bool:
    """Whether slices run along the same axes of windows, which are the longer ones, where there are few rows."""
    pairs = ((m.statement, cut.rewritten(m)[0]) for m in run.in_order())
    return all(_slices(whole) == _slices(part) for whole, part in pairs)


def _slices(s: Statement) -> list[str | None]:
    found = list[Iterable[Reach]]()
    for node in walk(s.value):
        if isinstance(node, Window) and not node.view:
            found.append(reaches(axes_of(node.source), node.at).values())
        elif isinstance(node, Scatter):
            found.append(reaches(s.axes, node.at).values())
    return [r.run.letter if r.run is not None else None for reach in found for r in reach]


def _seconds(run: Run, parts: int, pricing: Pricing) -> float:
    """The run in so many parts, or (1) all at once.

    A call on k of the arrays of a run, which are together W numbers long, costs for each number what it costs on arrays
    of W/k: then as much memory is in use between two uses of a number.  What a part meets for the first time of arrays
    that last has as much in between as all at once.
    """
    cut, met, extent, seconds = _Cut(run, parts, ""), set[str](), pricing.setting.extent, 0.0
    every = {name: prod(map(pricing.setting.size, run.arrays[name].shape)) for m in run.in_order() for name in _met(m)}
    total = sum(every.values())
    for member in run.in_order():
        for s in cut.rewritten(member) if parts > 1 else [member.statement]:
            own = pricing.seconds(s)
            if not isinstance(s.value, Product):
                names = _met(member)
                new = {name for name in names if name not in cut.local and run.base(name) not in met}
                share = sum(every[name] for name in new) / sum(every[name] for name in names)
                met |= {run.base(name) for name in new}
                numbers, k = max(extent(s.axes), *(every[name] // parts for name in names)), len(names)
                far, near = (_more(pricing, numbers, w / k, k) for w in (total, total / parts))
                own += share * far + (1 - share) * near
            seconds += parts * own
    return seconds


def _met(member: Member) -> tuple[str, ...]:
    """The arrays that a statement goes through by rows."""
    target = (member.statement.target,) if member.dimension is not None else ()
    return tuple(dict.fromkeys((*target, *(u.read.name for u in member.uses))))


def _more(pricing: Pricing, numbers: int, apart: float, arrays: int) -> float:
    """How many seconds longer a call takes where so many numbers lie between two uses of one."""
    each, k = pricing.setting.machine.each, min(arrays, 3)
    return max(0.0, numbers * (each(max(apart, numbers), k) - each(numbers, k)))


@dataclass(slots=True)
class _Cut:
    """The statements of a run on parts of arrays."""

    run: Run
    parts: int
    name: str
    arrays: dict[str, Array] = field(default_factory=dict)
    local: set[str] = field(default_factory=set)
    cleared: list[Statement] = field(default_factory=list)
    views: dict[tuple[str, int, int, int, int], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arrays, self.local = dict(self.run.arrays), self.run.local()

    def statements(self) -> list[Step]:
        """The statements of the loop; arrays that are as long as a part are made so."""
        loop = Loop(self.name, Axis("part", self.parts), parts=True)
        found = [replace(s, loop=loop) for m in self.run.in_order() for s in self.rewritten(m)]
        for name in self.local:
            array, k = self.arrays[name], self.run.made[name]
            self.arrays[name] = replace(array, shape=_with(array.shape, k, self.length(array.shape[k])))
        return [*found]

    def length(self, size: int | str) -> int:
        assert isinstance(size, int)
        return size // self.parts

    def rewritten(self, member: Member) -> list[Statement]:
        """A statement on parts; a sum over rows as one over those of a part, and what adds that up."""
        s, uses = member.statement, {u.read: u for u in member.uses}
        letters = {a: Axis(a.letter, self.length(a.size)) for a in member.rows}
        value = relettered(self.node(s.value, uses), letters)
        if member.dimension is not None:
            axes = tuple(letters.get(a, a) for a in s.axes)
            target = Use(Read(s.target, s.axes), member.dimension, _count(s.axes[member.dimension]))
            return [replace(s, target=self.named(target), axes=axes, value=value)]
        cleared = Spread(Scalar(number(0)), s.axes, equation=s.value.equation)
        node = self.run.in_order()[0].statement.node  # it stands in front of the loop
        self.cleared.append(replace(s, value=cleared, node=node))
        return self.added(s, value)

    def added(self, s: Statement, value: Node) -> list[Statement]:
        """The sum over the rows of a part, and the statement that adds it."""
        row = value.over[0] if isinstance(value, Fold) and len(value.over) == 1 else None
        if row is not None and row.size == 1 and isinstance(value, Fold) and isinstance(value.body, Read):
            first = At(value.body, row, number(0), equation=value.equation)
            return [replace(s, value=first, accumulate=True)]
        name = free_name(f"step of a part towards {s.target}", self.arrays)
        shape = tuple(a.size for a in s.axes)
        self.arrays[name] = Array(name, shape, part_of=s.target)
        more = replace(s, value=Read(name, s.axes, equation=s.equation), accumulate=True)
        return [replace(s, target=name, value=value), more]

    def node(self, node: Node, uses: Mapping[Read, Use]) -> Node:
        """A value that reads parts of arrays, of windows those that a part needs."""
        if isinstance(node, Read):
            return replace(node, name=self.named(uses[node])) if node in uses else node
        if isinstance(node, Window) and isinstance(node.source, Read) and node.source in uses:
            use = uses[node.source]
            hi = node.source.axes[use.dimension]
            if hi in dict(node.at):
                own = Axis(hi.letter, self.rows(use))
                axes = tuple(own if a == hi else a for a in node.source.axes)
                at = tuple(
                    (own, replace(place, offset=place.offset - use.first)) if a == hi else (a, place)
                    for a, place in node.at
                )
                return replace(node, source=Read(self.named(use), axes, equation=node.source.equation), at=at)
        return with_children(node, tuple(self.node(c, uses) for c in node.children)) if node.children else node

    def rows(self, use: Use) -> int:
        """How many rows of an array a part reads."""
        count = use.count // self.parts
        return use.factor * count if use.whole else use.factor * (count - 1) + use.more + 1

    def named(self, use: Use) -> str:
        """The name of a part of an array: its own where it is as long as a part, else that of a view."""
        name, k = use.read.name, use.dimension
        if name in self.local:
            return name
        array, each, length = self.run.arrays[name], use.factor * (use.count // self.parts), self.rows(use)
        key = (name, k, use.first, each, length)
        if key not in self.views:
            shift = array.shift or tuple(0 for _ in array.shape)
            part = replace(
                array,
                kind="value",
                data=(),
                shape=_with(array.shape, k, length),
                part_of=name,
                view_of=array.view_of or name,
                shift=shift,
                rows=(k, shift[k] + use.first, each, self.parts),
            )
            known = (a.name for a in self.arrays.values() if a.rows and replace(part, name=a.name) == a)
            own = next(known, "") or free_name(f"rows of {name}", self.arrays)
            self.views[key] = own
            self.arrays[own] = replace(part, name=own)
        return self.views[key]


def _with(shape: tuple[int | str, ...], k: int, size: int) -> tuple[int | str, ...]:
    return (*shape[:k], size, *shape[k + 1 :])


def _count(axis: Axis) -> int:
    assert isinstance(axis.size, int)
    return axis.size

