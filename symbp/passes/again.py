"""What the backward pass reads of the forward pass waits for it, or is formed again where it is read.

A call of NumPy writes what it computes, so that forming a value again costs calls, and an array to leave it in.  What
waits costs as well: it is written out of the caches and read back, and the more waits, the farther out is all of it.
So a value is formed again where all that waits is more than the nearer caches hold, the value itself is not, and about
one call forms it from arrays that wait anyway and are read close by: what a dropout leaves of an activation.  On eight
layers of 64 units with dropouts a step with 2,048 samples took 4 % less (20 arrays of 512 kB became 13); one with 512,
1,024 or 4,096 and more took as long either way.

Tried and left: an activation behind a batch norm or a layer norm, formed in three calls from the normalised values.
Steps took 7 to 22 % longer, with 2,048 to 16,384 samples.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import prod

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    INPUT,
    LOSS,
    PROBABILITY,
    Apply,
    Array,
    At,
    Node,
    Program,
    Read,
    Scalar,
    Statement,
    Step,
    blocks,
    free_name,
    read_arrays,
    targets_of,
    uses_of,
    views_of,
    walk,
)
from symbp.passes.ledger import Choice, Margin, Setting, cheapest, counted
from symbp.passes.pricing import Pricing

SAVED, AGAIN = "saved", "formed again"
LASTING = ("parameter", "constant", "table", "filled", "target")  # kinds that lie where they are, whoever reads them
WAITING = ("value", "padded", "random", "input")  # kinds that cost memory between the passes
SMALL = 8  # how much smaller what waits instead has to be
PASSES = 2  # over memory, of what waits: it is written out, and read back
SHARE = 0.2  # how much less than waiting it has to cost: what the caches hold is an estimate


def save_or_form_again_by_calls(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Values of the forward pass kept for the backward pass, or formed again by it, whichever costs less."""
    if program.brief or program.checkpoint:  # calls are dearer than memory; all of it is formed again
        return program, "", ()
    choices, count = list[Choice](), 0
    work = _Work.of(program, setting)
    for name in work.candidates():
        plan = work.plan(name)
        if plan is None:
            continue
        choices.append(work.choice(plan))
        if choices[-1].chosen == AGAIN:
            program, count = work.carried_out(plan), count + 1
            work = _Work.of(program, setting)
    return program, f"{counted(count, 'value')} formed again" if count else "", tuple(choices)


@dataclass(slots=True)
class _Plan:
    """How a value is formed again in front of the statement at a `place`: what that makes, and from what.

    `names` are those of what is made, by what it equals; `read` are arrays that wait anyway, `instead` ones that wait
    in its place.
    """

    name: str
    place: int
    names: dict[str, str]
    made: list[Statement] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    instead: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Work:
    """A program, and where it makes and reads what: places among its statements."""

    program: Program
    setting: Setting
    arrays: dict[str, Array]
    views: dict[str, str]
    made: dict[str, list[int]]
    read: dict[str, list[int]]
    starts: list[int]  # by place: where the loop begins that a statement is in
    waiting: frozenset[str]

    @classmethod
    def of(cls, program: Program, setting: Setting) -> _Work:
        arrays, views = {a.name: a for a in program.arrays}, views_of(program.arrays)
        made, starts = dict[str, list[int]](), list[int]()
        for k, s in enumerate(program.statements):
            for name in dict.fromkeys(views.get(t, t) for t in targets_of(s)):
                made.setdefault(name, []).append(k)
        for block in blocks(program.statements):
            starts += [len(starts)] * len(block)
        late = {name for s in program.statements if s.stage == BACKWARD for name in read_arrays(s, views)}
        early = {name for name, places in made.items() if program.statements[places[0]].stage in (FORWARD, LOSS)}
        early |= {a.name for a in program.arrays if a.kind in ("random", "input")}
        waiting = frozenset(name for name in late & early if arrays[name].kind in WAITING)
        read = uses_of(program.statements, views).read
        return cls(program, setting, arrays, views, made, read, starts, waiting)

    def candidates(self) -> list[str]:
        """Values that both the forward and the backward pass read, in the order in which they are made."""
        return [name for name in self.made if name in self.waiting and self._may_go(name)]

    def _may_go(self, name: str) -> bool:
        stages = {self.program.statements[k].stage for k in self.read[name]}
        known = all(stage in (FORWARD, LOSS, PROBABILITY, BACKWARD) or stage.startswith(INPUT) for stage in stages)
        readers = [self.program.statements[k] for k in self.read[name]]
        plain = all(isinstance(s, Statement) for s in readers) and name not in self.program.lasting
        return known and plain and bool(stages & {FORWARD, LOSS}) and self.definition(name) is not None

    def definition(self, name: str) -> Statement | None:
        """The statement that gives a value, element by element, once and for all."""
        places, seen = self.made.get(name, ()), {*self.views, *self.views.values()}
        if len(places) != 1 or name in seen or self.arrays[name].kind != "value":
            return None
        s = self.program.statements[places[0]]
        early = isinstance(s, Statement) and s.definition and s.stage in (FORWARD, LOSS)
        return s if isinstance(s, Statement) and early and s.axes and _elementwise(s.value) else None

    def plan(self, name: str) -> _Plan | None:
        """How a value is formed again in front of its first reader in the backward pass, if it can be."""
        statements = self.program.statements
        place = self.starts[min(k for k in self.read[name] if statements[k].stage == BACKWARD)]
        plan = _Plan(name, place, {name: free_name(f"{name}_again", self.arrays)})
        return plan if self._form(name, plan) else None

    def _form(self, name: str, plan: _Plan) -> bool:
        """Whether a value can be formed again; then the plan has how."""
        s = self.definition(name)
        if s is None:
            return False
        for operand in read_arrays(s, self.views):
            kind = self.arrays[operand].kind
            if kind in LASTING or operand in plan.names:
                continue
            if not self._still(operand, s):
                return False
            if operand in self.waiting:
                plan.read.add(operand)
            elif SMALL * self.numbers(operand) <= self.numbers(plan.name):
                plan.instead.add(operand)
            elif not self._form(operand, plan):
                return False
        plan.names.setdefault(name, free_name(f"{name}_again", {*self.arrays, *plan.names.values()}))
        reader = self.program.statements[plan.place]
        node = reader.node if isinstance(reader, Statement) else s.node
        plan.made.append(replace(s.reading(plan.names), target=plan.names[name], stage=BACKWARD, node=node))
        return True

    def _still(self, name: str, s: Statement) -> bool:
        """Whether an array holds in the backward pass what this statement found in it."""
        kind, places = self.arrays[name].kind, self.made.get(name, ())
        if kind in ("random", "input"):
            return not self.program.block
        return kind in ("value", "padded") and bool(places) and max(places) < self.made[s.target][0]

    def choice(self, plan: _Plan) -> Choice:
        """What it costs that a value waits beside the others, and what it costs to form it again."""
        numbers = self.numbers(plan.name)
        now = self._sum(self.waiting)
        instead = self._sum(plan.instead)
        saved = self._waited(now) - self._waited(now - numbers + instead)
        pricing = Pricing(self.setting)
        formed = sum(map(pricing.seconds, plan.made)) + self._waited(numbers)
        formed += sum(self._fetched(name, plan.place) for name in plan.read)
        kept = f"{numbers:,} of them for this" + (f", {instead:,} instead" if instead else "")
        reason = f"{counted(now, 'number')} wait, {kept}; or {counted(len(plan.made), 'call')}"
        what = self.arrays[plan.name].part_of
        what = f"a step to {what}" if what else plan.name
        return cheapest(what, ((SAVED, saved), (AGAIN, formed)), reason, Margin(SAVED, SHARE))

    def _waited(self, numbers: int) -> float:
        """The seconds that so many numbers cost which wait together."""
        return PASSES * numbers * self.setting.machine.each(numbers, 1) if numbers else 0.0

    def _fetched(self, name: str, place: int) -> float:
        """The seconds that it takes to read an array at a place, by what lies between that and where it is read anyway.

        They count beyond those of an array that was just used, which are in the price of the call.
        """
        statements, numbers = self.program.statements, self.numbers(name)
        others = [k for k in self.read[name] if statements[k].stage == BACKWARD]
        gaps = [range(place, k) if k >= place else range(k + 1, place) for k in others]
        between = min(sum(map(self._touched, gap)) for gap in gaps)
        machine = self.setting.machine
        return numbers * (machine.each(max(between, numbers), 1) - machine.each(numbers, 1))

    def _touched(self, place: int) -> int:
        """How many numbers a statement reads and writes."""
        s = self.program.statements[place]
        return self._sum({*read_arrays(s, self.views), *(self.views.get(t, t) for t in targets_of(s))})

    def _sum(self, names: Iterable[str]) -> int:
        return sum(map(self.numbers, names))

    def numbers(self, name: str) -> int:
        """How many numbers an array has."""
        return prod(map(self.setting.size, self.arrays[name].shape))

    def carried_out(self, plan: _Plan) -> Program:
        """The program with this value formed again."""
        own = {plan.name: plan.names[plan.name]}
        leads_to = self.arrays[plan.name].part_of or own[plan.name]  # a step that is formed again stays one
        new = [
            replace(self.arrays[old], name=name, part_of=leads_to if self.arrays[old].part_of else "")
            for old, name in plan.names.items()
        ]
        done = list[Step]()
        for k, s in enumerate(self.program.statements):
            if k == plan.place:
                done += plan.made
            late = s.stage == BACKWARD or s.stage.startswith(INPUT)
            done.append(s.reading(own) if late and isinstance(s, Statement) else s)
        return replace(self.program, arrays=(*self.program.arrays, *new), statements=tuple(done))


def _elementwise(node: Node) -> bool:
    return isinstance(node, Apply) and all(isinstance(n, Apply | At | Read | Scalar) for n in walk(node))
