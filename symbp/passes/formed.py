"""How values are formed again where kernels read them, and what that costs: for `symbp.passes.saved`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    INPUT,
    LOSS,
    STEP,
    Apply,
    Array,
    At,
    Axis,
    Node,
    Program,
    Read,
    Scalar,
    Statement,
    Step,
    free_name,
    mapped,
    read_arrays,
    reads,
    targets_of,
    views_of,
    walk,
)
from symbp.passes.contracted import Contracted
from symbp.passes.fuse import LOOPS, contracted_of, kernel_choice, kernel_key
from symbp.passes.ledger import Choice, Margin, Setting, cheapest, counted

SAVED, AGAIN = "saved", "formed again"
STAGES = (FORWARD, LOSS, BACKWARD)
LASTING = ("parameter", "constant", "table", "filled", "random", "input", "target")  # kinds that no step changes
Again = dict[str, Statement]  # by what a statement forms again
SMALL = 8  # how much smaller what lives longer for it has to be


@dataclass(frozen=True, slots=True)
class Plan:
    """Values, and what each run of statements that reads them forms again, by run and by the value that it is."""

    names: tuple[str, ...]
    again: dict[int, Again]


@dataclass(slots=True)
class Work:
    """A program in runs of statements that kernels carry out; places are those among its statements.

    `run_of` is the run of each place, or -1 where no kernel can carry out what stands there.
    """

    program: Program
    contracted: Contracted
    statements: tuple[Step, ...]
    copies: dict[str, str]  # what is formed again, and what it equals
    arrays: dict[str, Array] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)
    runs: list[list[int]] = field(default_factory=list)
    run_of: list[int] = field(default_factory=list)
    made: dict[str, list[int]] = field(default_factory=dict)
    read: dict[str, list[int]] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, program: Program, setting: Setting, copies: dict[str, str]) -> Work:
        contracted, statements, _ = contracted_of(program, setting)
        work = cls(program, contracted, statements, copies)
        work.arrays = {a.name: a for a in program.arrays}
        work.contracted = replace(contracted, prices=replace(contracted.prices, arrays=work.arrays))
        work.views = views_of(program.arrays)
        work.fixed = {*program.lasting, *work.views, *work.views.values()}
        for key, group in groupby(enumerate(statements), key=lambda item: kernel_key(item[1], contracted)):
            places = [k for k, _ in group]
            runs = [places] if key is not None else [[k] for k in places]
            for run in runs:
                work.run_of += [len(work.runs) if key is not None else -1] * len(run)
                work.runs.append(run)
        for k, s in enumerate(statements):
            for name in targets_of(s):
                work.made.setdefault(work.views.get(name, name), []).append(k)
            for name in read_arrays(s, work.views):
                work.read.setdefault(name, []).append(k)
        return work

    def candidates(self) -> list[tuple[str, ...]]:
        """All values together that one run leaves to the same others, then each."""
        together: dict[tuple[int, ...], list[str]] = {}
        for name in self.made:
            readers = self.readers(name)
            if readers:
                together.setdefault((self.run_of[self.made[name][0]], *readers), []).append(name)
        groups = [tuple(names) for names in together.values() if len(names) > 1]
        return [*groups, *((name,) for names in together.values() for name in names)]

    def readers(self, name: str) -> tuple[int, ...]:
        """The other runs that read a value which can be formed again; none where something else reads it."""
        if self.definition(name) is None:
            return ()
        own = self.run_of[self.made[name][0]]
        others = [k for k in self.read.get(name, ()) if self.run_of[k] != own]
        stages = {self.statements[k].stage for k in others}
        known = all(stage in STAGES or stage.startswith(INPUT) for stage in stages)
        if BACKWARD not in stages or not known or any(self.run_of[k] < 0 for k in others):
            return ()
        return tuple(dict.fromkeys(self.run_of[k] for k in others))

    def definition(self, name: str) -> Statement | None:
        """The statement that gives a value, element by element, once and for all."""
        places = self.made.get(name, ())
        if len(places) != 1 or name in self.fixed or self.arrays[name].kind != "value" or self.run_of[places[0]] < 0:
            return None
        s = self.statements[places[0]]
        plain = isinstance(s, Statement) and s.definition and s.stage in STAGES and s.axes and _elementwise(s.value)
        return s if plain and isinstance(s, Statement) else None

    def plan(self, names: tuple[str, ...]) -> Plan | None:
        """How values are formed again, if they can be."""
        again: dict[int, Again] = {}
        for run in self.readers(names[0]):
            forming = _Forming(self, run, min(map(self.numbers, names)))
            again[run] = forming.made
            if not all(forming.read(name) for name in names):
                self.forget(again.values())
                return None
        return Plan(names, again)

    def numbers(self, name: str) -> int:
        """How many numbers an array has."""
        return self.contracted.prices.setting.extent(tuple(Axis("", size) for size in self.arrays[name].shape))

    def forget(self, made: Iterable[Again]) -> None:
        """The names of what is not formed again are free."""
        for again in made:
            for s in again.values():
                self.arrays.pop(s.target)

    def choice(self, plan: Plan) -> Choice:
        """What the runs that have to do with values cost either way."""
        first = self.run_of[self.made[plan.names[0]][0]]
        needed = self.needed(first)
        saved = self.seconds(self.run(first), needed)
        read = {name for again in plan.again.values() for s in again.values() for name in reads(s.value)}
        kept = needed - {*plan.names} | read
        formed = self.seconds(_living(self.run(first), kept), kept)
        for k, again in plan.again.items():
            run = self.run(k)
            if run[0].stage in STAGES:  # a step computes no gradients of inputs
                saved += self.seconds(run, self.needed(k))
                formed += self.seconds([_reading(s, again) for s in run], self.needed(k), [*again.values()])
        reason = f"written for {counted(len(plan.again), 'other kernel')}, or computed by each"
        what = " and ".join(dict.fromkeys(map(self.called, plan.names)))
        margin = Margin(SAVED, 0.0, self.contracted.least)
        return cheapest(what, ((SAVED, saved), (AGAIN, formed)), reason, margin)

    def called(self, name: str) -> str:
        """What a value is called before steps towards others have names."""
        whole = self.arrays[name].part_of
        return f"a step to {whole}" if whole else name

    def seconds(self, run: Sequence[Statement], needed: set[str], again: Sequence[Statement] = ()) -> float:
        """What a run takes, as a kernel or as calls, where it has to form some values again."""
        if not run:
            return 0.0
        prices, whole = self.contracted.prices, [*again, *run]
        choice = kernel_choice("", whole, self.contracted, needed)
        if choice.chosen != LOOPS:
            return dict(choice.candidates)[choice.chosen]
        moved, count = prices.moved(whole, needed)
        side_by_side = max(moved, sum(map(prices.work, run)))
        seconds = prices.overhead(whole, count) + side_by_side + sum(map(prices.work, again))
        return prices.setting.steps(run[0].loop) * seconds

    def run(self, run: int) -> list[Statement]:
        return [s for k in self.runs[run] if isinstance(s := self.statements[k], Statement)]

    def needed(self, run: int) -> set[str]:
        """What a run makes and others read."""
        here, made = set(self.runs[run]), {s.target for s in self.run(run)}
        outside = {name for name in made if set(self.read.get(name, ())) - here}
        return outside | {name for name in made if name in self.fixed or self.arrays[name].kind != "value"}

    def carried_out(self, plan: Plan) -> Program:
        """The program with these values formed again."""
        new = [self.arrays[s.target] for again in plan.again.values() for s in again.values()]
        places = {k: run for run in plan.again for k in self.runs[run]}
        done = list[Step]()
        for k, s in enumerate(self.program.statements):
            again = plan.again.get(places.get(k, -1), {})
            if again and k == self.front(places[k]):
                done += again.values()
            done.append(_reading(s, again) if isinstance(s, Statement) and again else s)
        return replace(self.program, arrays=(*self.program.arrays, *new), statements=tuple(done))

    def front(self, run: int) -> int:
        """The place in a run behind what is formed again already."""
        return next(k for k in self.runs[run] if not set(targets_of(self.statements[k])) <= self.copies.keys())


@dataclass(slots=True)
class _Forming:
    """Values formed again by one run; `known` are those that it has formed again already, with their new names."""

    work: Work
    run: int
    large: int  # how many numbers need not be written
    made: Again = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        targets = [s.target for s in self.work.run(self.run)]
        self.known |= {self.work.copies[t]: t for t in targets if t in self.work.copies}

    def read(self, name: str) -> bool:
        """Whether a value can be formed again where the run reads it: in a loop, at its step."""
        found = {_dimension(n, name) for s in self.work.run(self.run) for n in _reads_of(s.value, name)}
        loop = self.work.run(self.run)[0].loop
        if len(found) != 1 or (found != {None}) != (loop is not None) or (loop is not None and loop.parts):
            return False
        return self.value(name, *found)

    def value(self, name: str, dimension: int | None) -> bool:
        """Whether a value can be formed again, at the present step along a dimension; then it is."""
        s, work = self.work.definition(name), self.work
        if name in self.known:
            return True
        if s is None:
            return False
        step = None if dimension is None else s.axes[dimension]
        for n in dict.fromkeys(n for n in walk(s.value) if isinstance(n, Read)):
            at = n.axes.index(step) if step is not None and step in n.axes else None
            inner = work.definition(n.name) is not None and (at is None) == (step is None)
            if not (self.there(n.name, s) or (inner and self.value(n.name, at)) or self.small(n.name, s)):
                return False
        return self.formed(name, s, step)

    def formed(self, name: str, s: Statement, step: Axis | None) -> bool:
        """Whether the statement that forms a value again fits into the run; then it is one of it."""

        def change(node: Node) -> Node:
            if not isinstance(node, Read):
                return node
            if node.name in self.known:
                return replace(node, name=self.known[node.name], axes=tuple(a for a in node.axes if a != step))
            return node if step not in node.axes or step is None else At(node, step, STEP, equation=node.equation)

        work, first = self.work, self.work.run(self.run)[0]
        axes = tuple(a for a in s.axes if a != step)
        new = free_name(name, work.arrays)
        again = replace(
            s, target=new, axes=axes, value=mapped(s.value, change), stage=first.stage, node=first.node, loop=first.loop
        )
        work.arrays[new] = replace(work.arrays[name], name=new, shape=tuple(a.size for a in axes))
        self.made[name], self.known[name] = again, new
        return kernel_key(again, work.contracted) == kernel_key(first, work.contracted)

    def there(self, name: str, s: Statement) -> bool:
        """Whether an array is there where the run begins, as it was for this statement, whatever is formed again."""
        work = self.work
        kind = work.arrays[name].kind
        if kind in LASTING and not (kind == "input" and work.program.block):
            return True
        last = max(work.read.get(work.views.get(name, name), ()), default=-1)
        return self.still(name, s) and last >= work.runs[self.run][0]

    def small(self, name: str, s: Statement) -> bool:
        """Whether an array may stay as well, since it is far smaller than what need not."""
        return self.still(name, s) and SMALL * self.work.numbers(name) <= self.large

    def still(self, name: str, s: Statement) -> bool:
        """Whether a value is what it was for this statement: nothing changes it later."""
        work = self.work
        whole = work.views.get(name, name)
        made = work.made.get(whole, ())
        plain = work.arrays[name].kind in ("value", "padded") and work.arrays[whole].kind in ("value", "padded")
        return plain and bool(made) and max(made) < work.made[s.target][0]


def _elementwise(node: Node) -> bool:
    return isinstance(node, Apply) and all(
        isinstance(n, Apply | Read | Scalar) or (isinstance(n, At) and n.place != STEP) for n in walk(node)
    )


def _living(run: Sequence[Statement], needed: set[str]) -> list[Statement]:
    """The statements of a run without those whose values nothing needs."""
    done, read = list[Statement](), set(needed)
    for s in reversed(run):
        if s.target in read:
            done.append(s)
            read.update(reads(s.value))
    return done[::-1]


def _reads_of(node: Node, name: str) -> Iterator[Node]:
    """The reads of an array, with the step that they are at."""
    if isinstance(node, At) and node.place == STEP and isinstance(node.body, Read):
        if node.body.name == name:
            yield node
        return
    if isinstance(node, Read) and node.name == name:
        yield node
    for child in node.children:
        yield from _reads_of(child, name)


def _dimension(node: Node, name: str) -> int | None:
    """The dimension along which an array is read at the present step."""
    return node.body.axes.index(node.axis) if isinstance(node, At) and isinstance(node.body, Read) else None


def _reading(s: Statement, again: Again) -> Statement:
    """A statement that reads what is formed again, at its step."""

    def change(node: Node) -> Node:
        if isinstance(node, At) and node.place == STEP and isinstance(node.body, Read) and node.body.name in names:
            return replace(node.body, axes=tuple(a for a in node.body.axes if a != node.axis))
        return replace(node, name=again[node.name].target) if isinstance(node, Read) and node.name in again else node

    names = {new.target for new in again.values()}
    return replace(s, value=mapped(s.value, change))
