"""Where every value lies: in place where an operand dies, else in free memory of the same shape, else in its own.

A large value may lie in free memory of another shape that is at least as large.  Memory is not cut into pieces: the
parts that are left over would be read by few, and a module would no longer say plainly what lies where.

A step runs forward, loss, backward and, where asked for, the input gradients; a buffer is free once the last statement
that reads its value has run.  The network's output stays until the loss is known.  An update works in the gradient's
own memory once nothing reads the gradient any more: what a step touches then fits a smaller cache.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from symbp.lower.model import (
    FORWARD,
    GRAD,
    INPUT,
    LOSS,
    PROBABILITY,
    THETA,
    UPDATE,
    Apply,
    Array,
    Loop,
    Node,
    Place,
    Program,
    Read,
    RoutineCall,
    Statement,
    Step,
    blocks,
    kept,
    numbers_of,
    read_arrays,
    reads,
    targets_of,
    views_of,
    walk,
)
from symbp.passes.ledger import Choice, Setting, counted

# Functions that may write over their operands, element by element.
OVER_ANY = frozenset((
    "add", "subtract", "multiply", "divide", "negative", "reciprocal", "square", "sqrt", "power", "exp", "expm1", "log",
    "log1p", "tanh", "sinh", "cosh", "sin", "cos", "tan", "arctan", "maximum", "minimum", "sign", "sigmoid",
    "greater", "greater_equal", "less", "less_equal", "equal", "not_equal",
))  # fmt: skip
Kind = tuple[tuple[int | str, ...], str]
SPENT = (GRAD,)  # what an update may write over; one in blocks has buffers as long as a block instead
LARGE = 1 << 16  # numbers: below, a view of another array costs the reader more than the memory is worth
ROOMY = 4  # the most that the memory of another value may be larger


def assign_places(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """A buffer for every value, shared where lifetimes allow."""
    step = [s for s in program.statements if s.stage not in (PROBABILITY, UPDATE)]
    update = [s for s in program.statements if s.stage == UPDATE]
    arrays = {a.name: a for a in program.arrays}
    planner = _Planner(arrays, views_of(program.arrays), setting, program.checkpoint)
    planner.run(step, _kept_alive(program, step))
    planner.run(update, {}, () if program.update_block else SPENT)
    places = tuple(Place(name, owner) for name, owner in planner.owner.items() if name not in SPENT)
    own = {p.owner for p in places if arrays[p.owner].kind == "value"}
    numbers = counted(_numbers(arrays, own, setting), "number")
    did = f"{counted(len(places), 'value')} in {counted(len(own), 'buffer')} of {numbers}"
    alone = _numbers(arrays, {p.name for p in places}, setting)
    did = f"{did} instead of {alone:,}"
    if program.checkpoint:
        mine = {p.owner for p in places if p.name in kept(program)} & own
        did += f"; each block keeps {_numbers(arrays, mine, setting):,} of them, the others are computed again"
    return replace(program, places=places, form="calls"), did, ()


def _numbers(arrays: dict[str, Array], names: set[str], setting: Setting) -> int:
    return sum(prod(setting.size(size) for size in arrays[name].shape) for name in names)


def _kept_alive(program: Program, step: list[Step]) -> dict[str, int]:
    """Values that outlive their last statement: the outputs until the loss is done, what probabilities read likewise;

    what the gradient of one input reads until the end, since another input's gradient may be asked for before it."""
    stages, views = [s.stage for s in step], views_of(program.arrays)
    loss_done = max((i for i, stage in enumerate(stages) if stage in (FORWARD, LOSS)), default=0)
    seen = len(step) if program.block else loss_done
    alive = dict.fromkeys(program.outputs, seen)
    for s in program.statements:
        shown = isinstance(s, Statement) and s.target in program.outputs and isinstance(s.value, Read)
        if s.stage == PROBABILITY or shown:
            alive |= dict.fromkeys(read_arrays(s, views), seen)
    for s in step:
        if s.stage.startswith(INPUT):
            alive |= dict.fromkeys(read_arrays(s, views), len(step))
    return alive | {gradient: len(step) for _, gradient in program.input_gradients}


@dataclass(slots=True)
class _Planner:
    arrays: dict[str, Array]
    views: Mapping[str, str]
    setting: Setting
    checkpoint: bool = False
    owner: dict[str, str] = field(default_factory=dict)  # value -> the first value of its buffer, or its fixed array
    brief: set[str] = field(default_factory=set)  # buffers that each step of the loop at hand fills anew
    loop: Loop | None = None

    def run(self, statements: list[Step], alive: dict[str, int], spent: Sequence[str] = ()) -> None:
        """Plans one sequence of statements, which finds the values of `spent` in memory of their own."""
        last = self._last_uses(statements, alive)
        ends = self._outlast_loops(statements, last)
        free: dict[Kind, list[str]] = defaultdict(list)
        holder = {name: name for name in spent}  # buffer -> the value in it that is still needed
        self.owner |= holder
        for i, s in enumerate(statements):
            if isinstance(s, Statement):
                if s.loop != self.loop:
                    self.loop, self.brief = s.loop, set()
                target = self.arrays[self.views.get(s.target, s.target)]
                if target.kind == "value" and s.axes and target.name not in self.owner:
                    self.owner[target.name] = self._choose(s, i, last, free, holder, statements)
                if target.kind == "value" and s.axes:
                    holder[self.owner[target.name]] = target.name
                    self.brief |= {self.owner[target.name]} if s.loop and not self._stays(s) else set()
            for name in dict.fromkeys((*self._used(s), *ends.get(i, ()))):
                self._release(name, i, last, free, holder)

    def _stays(self, s: Statement) -> bool:
        """Whether a step of a loop fills a part of an array, which is needed beyond the step."""
        rows = self.arrays[s.target].rows
        return bool(s.at) or (rows is not None and rows.far > 0)

    def _used(self, s: Step) -> tuple[str, ...]:
        """The arrays that a statement reads, and those that it makes."""
        return (*read_arrays(s, self.views), *(self.views.get(name, name) for name in targets_of(s)))

    def _last_uses(self, statements: list[Step], alive: dict[str, int]) -> dict[str, int]:
        last = dict[str, int]()
        for i, s in enumerate(statements):
            last |= dict.fromkeys(self._used(s), i)
        return last | {name: max(i, last.get(name, 0)) for name, i in alive.items()}

    def _outlast_loops(self, statements: list[Step], last: dict[str, int]) -> dict[int, list[str]]:
        """What a loop finds, or leaves to others, is needed until its last step: by the end of each loop, its names.

        What others make in its place part by part may yet lie there.
        """
        ends: dict[int, list[str]] = {}
        at = 0
        for block in blocks(statements):
            own = [s for s in block if isinstance(s, Statement)]
            end = at + len(block) - 1
            if own and own[0].loop:
                brief = {self.views.get(s.target, s.target) for s in own if not self._stays(s)}
                used = dict.fromkeys(name for s in own for name in self._used(s))
                ends[end] = [name for name in used if name not in brief]
            last.update({name: max(end, last[name]) for name in ends.get(end, ())})
            at = end + 1
        return ends

    def _release(
        self, name: str, i: int, last: dict[str, int], free: dict[Kind, list[str]], holder: dict[str, str]
    ) -> None:
        owner = self.owner.get(name)
        if owner is None or last.get(name, -1) > i or holder.get(owner) != name:
            return
        del holder[owner]
        if self._shared(owner) and not self.arrays[owner].padding:
            free[_kind(self.arrays[owner])].append(owner)

    def _shared(self, owner: str) -> bool:
        """Whether other values may lie in this memory later on."""
        return self.arrays[owner].kind == "value" or owner in SPENT

    def _choose(
        self,
        s: Statement,
        i: int,
        last: dict[str, int],
        free: dict[Kind, list[str]],
        holder: dict[str, str],
        statements: list[Step],
    ) -> str:
        """The buffer for the value of a statement."""
        whole = self.views.get(s.target, s.target)
        if self.arrays[whole].padding:
            return whole  # the room around it holds zeros
        kind, rows = _kind(self.arrays[whole]), self.arrays[s.target].rows
        if self.checkpoint and s.stage == LOSS:
            return whole  # the forward pass, carried out again, would write over it
        final = "" if rows else self.arrays[s.target].part_of
        if final and self._fixed(final, kind) and self._home_free(s, final, i, last, statements):
            return final
        for name in overwritable(s) if rows is None or not rows.far else self._other_parts(s, i, last, statements):
            own = self.arrays[name]
            operand = (own.view_of or name) if own.rows else name
            owner = self.owner.get(operand)
            fits = owner and own.rows == rows and _kind(self.arrays[operand]) == kind and holder.get(owner) == operand
            if rows is None or not rows.far:  # in a loop, other steps need what these do not fill anew
                fits = fits and last.get(operand) == i and (s.loop is None or owner in self.brief)
            if fits and owner and self._shared(owner):
                return owner
        filled_anew = self.brief if self._stays(s) else set[str]()
        usable = {k: [name for name in owners if name not in filled_anew] for k, owners in free.items()}
        found = usable.get(kind, [])[-1:]
        found = found or self._elsewhere(self.arrays[whole], usable)
        for name in found:  # in a loop, no buffer that the next step fills anew
            free[_kind(self.arrays[name])].remove(name)
        return found[0] if found else whole

    def _other_parts(self, s: Statement, i: int, last: dict[str, int], statements: list[Step]) -> list[str]:
        """Parts of arrays that nothing needs behind a statement, nor any other step of its loop."""
        inside = {k: t for k, t in enumerate(statements) if isinstance(t, Statement) and t.loop == s.loop}
        uses: dict[str, dict[str, int]] = defaultdict(dict)  # by array: the parts of it, and where each is needed last
        for k, t in inside.items():
            for name in (*reads(t.value), t.target):
                uses[self.views.get(name, name)][name] = k
        found = []
        for whole, parts in uses.items():
            (name, k), *others = parts.items()
            free = k < i or (k == i and name in overwritable(s))
            if free and not others and last[whole] <= max(inside) and not self.arrays[whole].padding:
                found.append(name)
        return found

    def _elsewhere(self, array: Array, free: Mapping[Kind, list[str]]) -> list[str]:
        """The smallest free buffer of another shape that holds a large value at every batch size, or nothing."""
        wanted, symbols = numbers_of(array.shape)
        if _numbers(self.arrays, {array.name}, self.setting) < LARGE:
            return []
        found = ""
        for (shape, dtype), owners in free.items():
            size, others = numbers_of(shape)
            fits = owners and dtype == array.dtype and others == symbols and wanted <= size <= ROOMY * wanted
            if fits and (not found or size < numbers_of(self.arrays[found].shape)[0]):
                found = owners[-1]
        return [found] if found else []

    def _fixed(self, final: str, kind: Kind) -> bool:
        """Whether the value that this is a step towards has memory of its own outside the workspace."""
        array = self.arrays[final]
        return array.kind in ("gradient", THETA, "state") and _kind(array) == kind

    def _home_free(
        self, s: Statement, final: str, i: int, last: dict[str, int], statements: list[Step]
    ) -> bool:
        """Whether the memory of `final` may hold this step.

        From here on nothing may read what is there now, and nothing the step once `final` itself is there.
        """
        for k, later in enumerate(statements[i:], i):
            if final in read_arrays(later, {}) and not (later is s and final in overwritable(s)):
                return False
            if isinstance(later, RoutineCall):
                if final in later.targets:
                    return False
            elif later.target == final:
                lost = s.target in reads(later.value) and s.target not in overwritable(later)
                return not (later.accumulate or lost or last[s.target] > k or self._in_use(s, final, i, statements))
        return False

    def _in_use(self, s: Statement, final: str, i: int, statements: list[Step]) -> bool:
        """Whether another step towards `final` lies there and is read after this statement."""
        before = {name for t in statements[:i] for name in targets_of(t) if self.owner.get(name) == final}
        for later in statements[i + 1 :]:
            if before & set(read_arrays(later, {})):
                return True
            if final in targets_of(later):
                break
        return bool(before & set(reads(s.value)) - set(overwritable(s)))


def _kind(array: Array) -> Kind:
    """What memory must be like to serve in the place of an array's own."""
    return array.shape, array.dtype


def overwritable(s: Statement) -> tuple[str, ...]:
    """The operands that lie exactly as the result does and may be written over while it is computed."""
    value: Node = s.value
    if not isinstance(value, Apply):
        return ()
    if value.function == "where":
        candidates: tuple[Node, ...] = (value.args[2],)
    elif value.function in OVER_ANY:
        candidates = value.args
    else:
        return ()
    fitting = [n.name for n in candidates if isinstance(n, Read) and n.axes == s.axes]
    elsewhere = [n for n in walk(value) if isinstance(n, Read) and n.axes != s.axes]
    return tuple(n for n in fitting if n not in {e.name for e in elsewhere})
