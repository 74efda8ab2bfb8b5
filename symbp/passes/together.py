"""What is done alike to parts of an array that lie side by side is done to them together, once a step of a loop.

Two gates of a recurrence, ``sigmoid(z[n,0,j])`` and ``sigmoid(z[n,1,j])``, are one call on ``z[:, 0:2]``, and their
values are the two parts of one array.  In a loop over time it is the calls that cost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from symbp.lower.model import (
    Affine,
    Apply,
    Array,
    At,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Read,
    RoutineCall,
    Statement,
    Step,
    Window,
    all_axes,
    blocks,
    free_name,
    fresh_axis,
    mapped,
    read_arrays,
    reads,
    targets_of,
    walk,
)
from symbp.notation.expr import Num
from symbp.passes.ledger import counted

Block = list[Statement]
APART = ("where", "erf")  # functions that need room of their own


def do_together(program: Program) -> tuple[Program, str]:
    """Steps of a loop that do the same to neighbouring parts of an array, as one call on all of these parts."""
    work = _Together(program)
    done: list[Step] = []
    for block in blocks(program.statements):
        plain = [s for s in block if isinstance(s, Statement)]
        done += work.block(plain) if plain and plain[0].loop and len(plain) == len(block) else block
    arrays = tuple(work.arrays.values())
    did = f"{counted(work.count, 'call')} fewer in the steps of loops" if work.count else ""
    return replace(program, arrays=arrays, statements=tuple(done)), did


@dataclass(slots=True)
class _Together:
    program: Program
    arrays: dict[str, Array] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)  # arrays that stay by themselves
    count: int = 0

    def __post_init__(self) -> None:
        self.arrays = {a.name: a for a in self.program.arrays}
        assigned = Counter(name for s in self.program.statements for name in targets_of(s))
        self.fixed = {*self.program.lasting, *(n for pair in self.program.probabilities for n in pair)}
        self.fixed |= {name for name, k in assigned.items() if k > 1}
        owners = self.owners()
        for s in self.program.statements:
            if isinstance(s, RoutineCall):
                self.fixed.update((*s.read, *s.targets))
            else:  # the steps of a part do not lie together: as a matrix of all steps it would be copied
                matrices = (n for n in walk(s.value) if isinstance(n, Product | Fold))
                self.fixed.update(owners.get(name, name) for n in matrices for name in reads(n))

    def block(self, block: Block) -> Block:
        """The statements of a loop, neighbours together."""
        done = list(block)
        k = 0
        while k < len(done):
            group = self.neighbours(done, k)
            if len(group) > 1:
                joined = self.joined([done[i] for i in group])
                self.count += len(group) - 1
                done = [joined if i == k else s for i, s in enumerate(done) if i == k or i not in group]
            k += 1
        return done

    def neighbours(self, block: Block, k: int) -> list[int]:
        """The places of the first statement and of those behind it that do the same to the parts that follow."""
        found = [k]
        if not self.movable(block[k]):
            return found
        for i in range(k + 1, len(block)):
            s = block[i]
            ready = not set(read_arrays(s, self.owners())) & {t.target for t in block[k + 1 : i]}
            if ready and self.movable(s) and self.follows(block[k], s, len(found)):
                found.append(i)
        return found

    def owners(self) -> Mapping[str, str]:
        return {a.name: a.view_of for a in self.arrays.values() if a.view_of}

    def movable(self, s: Statement) -> bool:
        array, value = self.arrays[s.target], s.value
        own = array.kind == "value" and not (array.view_of or array.part_of or s.target in self.fixed)
        leading = [k for k, _ in s.at] == list(range(len(s.at)))  # places along the first dimensions
        plain = isinstance(value, Apply) and value.function not in APART and bool(s.axes)
        return own and leading and plain and not (s.accumulate or s.where)

    def follows(self, first: Statement, s: Statement, k: int) -> bool:
        """Whether s does to part k what the first does to part 0."""
        a, b = self.arrays[first.target], self.arrays[s.target]
        alike = (a.shape, a.dtype, a.turned, first.at) == (b.shape, b.dtype, b.turned, s.at)
        if not alike:
            return False
        letters = dict(zip(s.axes, first.axes, strict=True))
        found = self.step(first.value, s.value, letters, k)
        return found is not None and found > 0

    def step(self, a: Node, b: Node, letters: Mapping[Axis, Axis], k: int) -> int | None:
        """How many operands of b are k parts behind those of a; None where something else differs."""
        if isinstance(a, Apply) and isinstance(b, Apply):
            if a.function != b.function or len(a.args) != len(b.args):
                return None
            counts = [self.step(x, y, letters, k) for x, y in zip_longest(a.args, b.args)]
            return None if None in counts else sum(c for c in counts if c is not None)
        first, second = part_of(a, self.arrays), part_of(b, self.arrays)
        if first is not None and second is not None:
            same = first.key(letters={}) == second.key(letters)
            return 1 if same and second.place == first.place + k else 0 if a == mapped_axes(b, letters) else None
        return 0 if a == mapped_axes(b, letters) else None

    # ---- joining ----

    def joined(self, group: Sequence[Statement]) -> Statement:
        """One statement for a group, whose values become parts of a new array."""
        first, names = group[0], [s.target for s in group]
        d, array = len(first.at), self.arrays[group[0].target]
        pads = [self.arrays[name].padding or tuple((0, 0) for _ in array.shape) for name in names]
        padding = tuple((max(p[i][0] for p in pads), max(p[i][1] for p in pads)) for i in range(len(array.shape)))
        padding = (*padding[:d], (0, 0), *padding[d:])
        name = free_name(_name(names), self.arrays)
        shape = (*array.shape[:d], len(group), *array.shape[d:])
        own = padding if any(sum(p) for p in padding) else ()
        whole = replace(array, name=name, shape=shape, padding=own, turned=())
        for k, part in enumerate(names):
            for view in [a for a in self.arrays.values() if a.view_of == part]:
                shift = view.shift or (0,) * len(array.shape)
                moved = (*shift[:d], 0, *shift[d:])
                self.arrays[view.name] = replace(view, view_of=name, shift=moved, place=(d, k))
            self.arrays[part] = replace(self.arrays[part], padding=(), view_of=name, place=(d, k))
        self.arrays[name] = whole
        taken = {a.letter for s in group for a in (*s.axes, *all_axes(s.value))}
        axis = fresh_axis(Axis("g", len(group)), taken)
        value = self.on_all(first.value, group, axis)
        numbers = dict.fromkeys(s.equation for s in group if s.equation)
        return replace(first, target=name, axes=(axis, *first.axes), value=value, equation=" ".join(numbers))

    def on_all(self, node: Node, group: Sequence[Statement], axis: Axis) -> Node:
        """The value of the first statement on the parts of all."""
        last = group[1]
        letters = dict(zip(last.axes, group[0].axes, strict=True))

        def change(a: Node, b: Node) -> Node:
            if isinstance(a, Apply) and isinstance(b, Apply):
                return replace(a, args=tuple(change(x, y) for x, y in zip(a.args, b.args, strict=True)))
            found = part_of(a, self.arrays)
            return a if found is None or a == mapped_axes(b, letters) else found.on(axis)

        return change(node, last.value)


@dataclass(frozen=True, slots=True)
class Part:
    """``z[n,0,j]``, or an array that is a part of another one: what it is a part of, along which axis, and where."""

    whole: Node  # with the axis
    axis: Axis
    place: int

    def key(self, letters: Mapping[Axis, Axis]) -> Node:
        return mapped_axes(self.whole, {**letters, self.axis: Axis("part", self.axis.size)})

    def on(self, axis: Axis) -> Node:
        """All parts from this one on, as many as the axis has."""
        if axis.size == self.axis.size:
            return mapped_axes(self.whole, {self.axis: axis})
        at = ((self.axis, Affine(((axis, 1),), self.place)),)
        return Window(self.whole, at, equation=self.whole.equation)


def part_of(node: Node, arrays: Mapping[str, Array]) -> Part | None:
    """A node as a part of an array."""
    if isinstance(node, At) and isinstance(node.place, Num) and node.place.value.denominator == 1:
        return Part(node.body, node.axis, int(node.place.value))
    outer: list[At] = []
    while isinstance(node, At):
        outer.append(node)
        node = node.body
    array = arrays[node.name] if isinstance(node, Read) else None
    if array is None or array.place is None or array.shift or not isinstance(node, Read):
        return None
    whole, (d, place) = arrays[array.view_of], array.place
    axis = Axis("part", whole.shape[d])
    found: Node = Read(whole.name, (*node.axes[:d], axis, *node.axes[d:]), equation=node.equation)
    for at in reversed(outer):
        found = replace(at, body=found)
    return Part(found, axis, place)


def mapped_axes(node: Node, letters: Mapping[Axis, Axis]) -> Node:
    """The node with axes renamed."""

    def change(n: Node) -> Node:
        if isinstance(n, Read):
            return replace(n, axes=tuple(letters.get(a, a) for a in n.axes))
        return replace(n, axis=letters.get(n.axis, n.axis)) if isinstance(n, At) else n

    return mapped(node, change)


def _name(names: Sequence[str]) -> str:
    """``i_f_rnn`` for i_rnn and f_rnn."""
    rests = {name.partition("_")[2] for name in names}
    if len(rests) > 1:
        return f"{names[0]}_and_more"
    return "_".join((*(name.partition("_")[0] for name in names), *(rests - {""})))
