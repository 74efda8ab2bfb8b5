"""Names for the steps towards a value, once it is known where they lie.

A step in the memory of the value that it leads to goes by the name of that value; a chain of steps in one place goes by
what the last of them is; steps that share memory and purpose share a name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain, count

from symbp.lower.model import (
    COMPARISONS,
    UPDATE,
    AddAt,
    Apply,
    Array,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Place,
    Product,
    Program,
    Read,
    Scatter,
    Spread,
    Statement,
    Step,
    Window,
    free_name,
    reads,
)
from symbp.passes.described import Describing, lengthened
from symbp.passes.ledger import counted

Holder = dict[str, tuple[str, tuple[int | str, ...]]]  # a new name -> its buffer, and the shape that it has there

# What a value in between is called, by the function that computes it.
PURPOSES = {
    "exp": "exp", "log": "log", "square": "square", "sqrt": "root", "negative": "minus", "reciprocal": "inverse",
    "greater": "mask", "greater_equal": "mask", "less": "mask", "less_equal": "mask", "equal": "mask",
    "not_equal": "mask", "maximum": "upper", "minimum": "lower", "add": "sum", "subtract": "difference",
    "multiply": "product", "divide": "ratio",
}  # fmt: skip


def name_steps(program: Program) -> tuple[Program, str]:
    """Every value in between under a name that says what it is for."""
    naming = _Naming(program)
    renamed = naming.renamed()

    statements: list[Step] = [
        replace(s.reading(renamed), target=renamed.get(s.target, s.target))
        if isinstance(s, Statement)
        else s.reading(renamed)
        for s in program.statements
    ]
    arrays = {a.name: a for a in program.arrays if a.name not in renamed}
    for a in program.arrays:
        if a.name in renamed:
            whole = renamed.get(a.view_of, a.view_of)
            arrays.setdefault(renamed[a.name], replace(a, name=renamed[a.name], part_of="", view_of=whole))
    places = dict.fromkeys(
        Place(renamed.get(p.name, p.name), renamed.get(p.owner, p.owner)) for p in program.places
    )
    own = tuple(p for p in places if arrays[p.name].kind == "value")
    done = replace(program, arrays=tuple(arrays.values()), statements=tuple(statements), places=own)
    new = len(set(renamed.values()) - set(naming.arrays))
    return done, f"{counted(new, 'name')} for {counted(len(renamed), 'step')}"


@dataclass(slots=True)
class _Naming:
    program: Program
    arrays: dict[str, Array] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    made: dict[str, Statement] = field(default_factory=dict)
    read: dict[str, list[Statement]] = field(default_factory=dict)
    layers: dict[str, str] = field(default_factory=dict)
    values: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arrays = {a.name: a for a in self.program.arrays}
        self.owner = {a.name: a.view_of for a in self.program.arrays if a.view_of}
        self.owner |= {p.name: p.owner for p in self.program.places}
        self.layers = {o.node: o.layer for o in self.program.origins}
        whole = {a.name: a.part_of for a in self.program.arrays if a.rows and a.view_of}
        for s in self.program.statements:
            if isinstance(s, Statement):
                own = whole.get(s.target, s.target)
                self.made.setdefault(own, s)
                self.values.setdefault(own, s.value)
                for name in reads(s.value):
                    self.read.setdefault(whole.get(name, name), []).append(s)

    def renamed(self) -> dict[str, str]:
        """The new name of every step that has a place."""
        names: dict[str, str] = {}
        holder: Holder = {}
        for name, array in self.arrays.items():
            if not array.part_of or not array.shape or (array.rows and array.view_of):
                continue
            names[name] = self._final(name) or self._fresh(name, holder)
        return names | self._parts(names)

    def _parts(self, names: dict[str, str]) -> dict[str, str]:
        """The names of parts that loops go through; two that are the same have one name."""
        known: dict[tuple[object, ...], str] = {}
        found: dict[str, str] = {}
        for name, array in self.arrays.items():
            if array.rows and array.view_of:
                whole = names.get(array.part_of, array.part_of)
                key = (whole, names.get(array.view_of, array.view_of), array.rows, array.shape)
                taken = {*self.arrays, *names.values(), *known.values()}
                found[name] = known.setdefault(key, free_name(f"{whole}_rows", taken))
        return found

    def _final(self, name: str) -> str:
        """The value that the step leads to, if it lies in its memory."""
        final, owner = self.arrays[name].part_of, self.owner[name]
        same = owner == self.owner.get(final, final) and self.arrays[final].shape == self.arrays[name].shape
        return final if same else ""

    def _fresh(self, name: str, holder: Holder) -> str:
        last = self._last(name)
        own, stem = (self.owner[name], self.arrays[name].shape), self._stem(last)
        longer = lengthened(stem, self.arrays[last].part_of)
        names = chain((stem, *([longer] if longer else [])), (f"{stem}_{k}" for k in count(2)))
        new = next(n for n in names if holder.get(n, own) == own and not self._lasting(n))
        holder[new] = own
        return new

    def _stem(self, name: str) -> str:
        """A name that says what a step is made of, or else what it is for."""
        s = self.made[name]
        layer = self.layers.get(s.node, "")
        readers = self.read.get(name, [])
        summed = bool(readers) and not readers[0].axes
        describing = Describing(self.arrays, self.values)
        found = "" if summed or s.stage == UPDATE else describing.name(s.value, layer)
        return found or (f"{self._purpose(name)}_{layer}" if layer else self._purpose(name))

    def _lasting(self, name: str) -> bool:
        """Whether a name is taken by something that keeps it: a value, or a scalar in between."""
        array = self.arrays.get(name)
        return array is not None and not (array.part_of and array.shape)

    def _last(self, name: str) -> str:
        """The end of the chain of steps in one place that starts here."""
        while True:
            readers = self.read.get(name, [])
            if len(readers) != 1 or not readers[0].axes:
                return name
            after = readers[0].target
            step = self.arrays[after]
            if not step.part_of or self.owner.get(after) != self.owner[name] or self._final(after):
                return name
            name = after

    def _purpose(self, name: str) -> str:
        readers = self.read.get(name, [])
        if readers and not readers[0].axes:
            return "terms"
        value = self.made[name].value
        reader = readers[0].value if readers else None
        if isinstance(reader, Apply) and not (isinstance(value, Apply) and value.function in COMPARISONS):
            if readers[0].stage == UPDATE and reader.function in ("add", "subtract"):
                return "change"
            if reader.function in ("multiply", "divide"):
                second = reader.args[1]
                divides = isinstance(second, Read) and second.name == name and reader.function == "divide"
                return "divisor" if divides else "factor"
        match value:
            case Apply():
                return PURPOSES.get(value.function, value.function)
            case Fold():
                return "first" if value.op == "argmax" else value.op
            case Pick():
                return "picked"
            case AddAt():
                return "by_label"
            case Flat():
                return "place"
            case Product():
                return "product"
            case OneHot():
                return "hot"
            case Window():
                return "patches"
            case Scatter():
                return "padded"
            case Read():
                return "turned"
            case Spread():
                return "total"
        return "part"
