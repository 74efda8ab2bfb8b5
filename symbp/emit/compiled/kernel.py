"""A kernel as a function: loops over numbers, and the call that carries it out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from symbp.emit.compiled.access import Access, Index, Label, Size, element
from symbp.emit.compiled.elements import Elements
from symbp.emit.compiled.flat import Group, grouped, groups
from symbp.emit.compiled.nests import Items, Nest, Operation, nests
from symbp.emit.compiled.shaping import reshaped, shape
from symbp.emit.compiled.uses import Uses, uses
from symbp.emit.layout import listed
from symbp.emit.model import Function, Line
from symbp.emit.texts import ATOM, Text
from symbp.emit.wrapping import statement
from symbp.lower.model import (
    STEP,
    Affine,
    Array,
    Axis,
    Fold,
    OneHot,
    Position,
    Scatter,
    Statement,
    first_equal_parts,
    free_name,
    taps_axes,
    taps_of,
    walk,
)
from symbp.notation.expr import Expr, Num, Sym

FEW = 64  # places of a loop that holds others
LONG = 60  # columns: a longer expression has a line of its own
START = {"sum": "number(0)", "max": "number(-np.inf)", "min": "number(np.inf)"}


class Caller(Protocol):
    """The body that a kernel is called from."""

    @property
    def arrays(self) -> dict[str, Array]: ...
    def memory(self, name: str) -> tuple[str, tuple[int, ...]]: ...
    def needed(self, name: str, inside: Sequence[Statement]) -> bool: ...
    def seen(self, name: str, axes: Sequence[Axis]) -> str: ...
    def number(self, e: Expr) -> str: ...
    def whole(self, name: str) -> bool: ...


@dataclass(slots=True)
class Kernel:
    """Prints the statements of one kernel.  `step` is the variable of the loop that it is called in."""

    name: str
    statements: Sequence[Statement]
    caller: Caller
    step: str
    helpers: dict[str, None]
    arguments: dict[tuple[str, tuple[Size, ...]], tuple[str, str]] = field(default_factory=dict)  # name, text of call
    numbers: dict[Expr, tuple[str, str]] = field(default_factory=dict)
    values: dict[Access, Text] = field(default_factory=dict)  # elements that are numbers in the loop at hand
    lines: list[Line] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    places: dict[Axis, str] = field(default_factory=dict)
    together: list[Group] = field(default_factory=list)  # axes that one loop counts
    shapes: dict[tuple[str, tuple[Size, ...]], list[str]] = field(default_factory=dict)  # of arrays with fewer axes
    over: dict[tuple[object, tuple[Size, ...]], list[str]] = field(default_factory=dict)  # by memory, the last is used
    level: int = 0
    stepped: bool = False

    def printed(self) -> tuple[Function, str]:
        """The function, and the call."""
        root, found = self.planned()
        self.in_place(found)
        self.together = groups(root, self.caller.whole)
        self.items(root, found)
        views = [
            Line(f"{name} = {reshaped(name, self.shapes[key])}")
            for key, (name, _) in self.arguments.items()
            if key in self.shapes
        ]
        head = self.header()
        given = [(f"{name}: Array", text) for name, text in self.arguments.values()]
        given += [(f"{name}: float", text) for name, text in self.numbers.values()]
        given += [("step: int", self.step)] if self.stepped else []
        signature = ", ".join(parameter for parameter, _ in given)
        function = Function(self.name, signature, "None", self.doc(), (*head, *views, *self.lines), compiled=True)
        return function, f"{self.name}({', '.join(text for _, text in given)})"

    def planned(self) -> tuple[Items, Uses]:
        """The loops, and how values are used; what turns out to be one number at a time lies in no memory."""
        shapes = {s.target: self.caller.arrays[s.target].shape for s in self.statements}
        needed = {s.target: self.caller.needed(s.target, self.statements) for s in self.statements}

        def memory(name: str) -> tuple[str, tuple[int, ...]]:
            return self.caller.memory(name) if needed.get(name, True) else (f"{name} alone", ())

        while True:
            root = nests(self.statements, shapes, memory)
            found = uses(root, needed.__getitem__, memory)
            more = {op.target.name for op, use in found.items() if use.stored and not needed[op.target.name]}
            if not more:
                return root, found
            needed |= dict.fromkeys(more, True)

    def in_place(self, found: Uses) -> None:
        """What lies in the memory of another array goes by one name: a compiler has to take two names for two memories.

        A loop of which it cannot tell that they never meet runs number by number: fifteen times as long.
        """
        stored = [op.target for op, use in found.items() if use.stored]
        for access in [a for op in found for a in op.read] + stored:
            array = self.caller.arrays[access.name]
            plain = array.rows is not None or not array.view_of
            if array.kind == "value" and access.index and plain and not array.padding:
                names = self.over.setdefault((self.caller.memory(access.name), access.sizes), [])
                names[:] = [*(name for name in names if name != access.name), access.name]

    def key(self, access: Access) -> tuple[str, tuple[Size, ...]]:
        """What the argument is called by which an element is reached."""
        names = self.over.get((self.caller.memory(access.name), access.sizes), [])
        return (names[-1] if access.name in names else access.name), access.sizes

    def doc(self) -> str:
        made = dict.fromkeys(s.target for s in self.statements if self.caller.needed(s.target, self.statements))
        given = {name for name, _ in self.arguments}
        made_here = {s.target for s in self.statements}
        begins = [(names[-1], [n for n in names[:-1] if n not in made_here]) for names in self.over.values()]
        over = "".join(f"; {name} begins as {listed(first)}" for name, first in begins if first and name in given)
        return f"{listed(made)} in one pass{over}."

    def header(self) -> list[Line]:
        text = " ".join(line.text for line in self.lines)
        lines = []
        if "number" in text or self.numbers:
            array = next(n for (name, _), (n, _) in self.arguments.items() if self.caller.arrays[name].dtype == "real")
            lines.append(Line(f"number = {array}.dtype.type"))
            if "limit" in text:
                lines.append(Line(f"limit = number(88.0 if {array}.itemsize == 4 else 709.0)"))
        return lines

    # ---- loops ----

    def items(self, items: Items, found: Uses) -> None:
        for item in items:
            if isinstance(item, Nest):
                self.nest(item, found)
            else:
                self.operation(item, found)

    def nest(self, nest: Nest, found: Uses) -> None:
        at, before = len(self.lines), dict(self.values)
        axes = next((group.axes for group in self.together if group.axes[0] == nest.axis), (nest.axis,))
        inner = nest
        for _ in axes[1:]:
            (step,) = inner.items
            assert isinstance(step, Nest)
            inner = step
        letter = self.letter(axes)
        self.places |= dict.fromkeys(axes, letter)
        self.level += 1
        self.items(inner.items, found)
        self.level -= 1
        self.values = before
        self.lines.insert(at, Line(f"for {letter} in range({self.extent(nest, inner, axes)}):", "", self.level))
        self.places = {axis: text for axis, text in self.places.items() if axis not in axes}

    def letter(self, axes: tuple[Axis, ...]) -> str:
        """The variable that counts axes: the letter of one, ``i`` for several, unless it has another meaning."""
        taken = {*self.caller.arrays, *self.places.values(), "number", "limit", "step", "np"}
        first = axes[0].letter if len(axes) == 1 else "i"
        stem = first
        while stem in taken:
            stem += first[0]
        return stem

    def extent(self, nest: Nest, inner: Nest, axes: tuple[Axis, ...]) -> str:
        """How many places a loop goes over; `inner` is that over the last of its axes."""
        sizes = [axis.size for axis in axes if isinstance(axis.size, int)]
        part = any(s.where for s in self.statements)  # of each vector the kernel is given a part
        # Where taps leave the array, LLVM makes a loop of its own for every place that it knows of: ten seconds.
        edges = any(isinstance(n, Position) for op in nest.operations() for n in walk(op.value))
        # It writes out a loop of few places as often, with the loops that it holds: three seconds instead of one.
        few = any(isinstance(i, Nest) for i in inner.items) and math.prod(sizes) <= FEW
        if len(sizes) == len(axes) and not (part or edges or few):
            return str(math.prod(sizes))
        wanted: Index | Group = Group(axes) if len(axes) > 1 else axes[0]
        for op in nest.operations():
            for a in [*op.read, op.target]:
                index = grouped(a.index, self.together)
                # A loop over the first places of a longer axis, as the taps of a window are read, has fewer.
                spanned = all(a.sizes[k] == i.size for k, i in enumerate(a.index) if isinstance(i, Axis) and i in axes)
                if wanted in index and spanned and self.key(a) in self.arguments:
                    name, along = self.arguments[self.key(a)][0], index.index(wanted)
                    return f"len({name})" if along == 0 else f"{name}.shape[{along}]"
        if few and not part:
            return str(math.prod(sizes))
        raise ValueError(f"no array of {self.name} has the axes {axes}")

    # ---- operations ----

    def operation(self, op: Operation, found: Uses) -> None:
        if op.part == "begin":
            assert isinstance(op.value, Fold)
            self.line(f"{self.scalar(op)} = {START[op.value.op]}", op)
        elif op.part == "each":
            self.each(op)
        elif op.part == "clear":
            self.line(f"{self.array(op.target).text} = number(0)", op)
        elif op.part == "grow":
            self.line(f"{self.array(op.target).text} += {self.elements().real(op.value).text}", op)
        elif op.part == "taps":
            self.taps(op)
        else:
            self.value(op, found)

    def each(self, op: Operation) -> None:
        fold = op.statement.value
        assert isinstance(fold, Fold)
        name, text = self.values[op.target].text, self.elements().real(op.value)
        if fold.op == "sum":
            self.line(f"{name} += {text.text}", op)
            return
        function = "larger" if fold.op == "max" else "smaller"
        self.helpers[function] = None  # of equal numbers, the one that came first stays
        self.line(f"{name} = {function}({text.text}, {name})", op)

    def taps(self, op: Operation) -> None:
        """A number for the first tap of a window that equals its maximum, else 0; the last tap takes what is left.

        Choices between numbers run in vectors; with conditions kept as truth values a loop took six times as long.
        """
        scatter = op.value
        assert isinstance(scatter, Scatter)
        parts = first_equal_parts(scatter)
        assert parts is not None
        (given,), (window, largest) = parts[0], parts[1].args
        found = element(window)
        assert found is not None
        most, tap, left = self.new_name("largest"), self.new_name("tap"), self.new_name("left")
        self.line(f"{most} = {self.elements().compared(largest)}", op)
        self.line(f"{left} = {self.elements().real(given).text}", op)
        *places, last = taps_of(taps_axes(scatter))
        for taps in places:
            self.line(f"{tap} = {self.array(found.at_tap(taps)).text}", op)
            self.line(f"{self.array(op.target.at_tap(taps)).text} = {left} if {tap}.real == {most} else number(0)", op)
            self.line(f"{left} = {left} if {tap}.real != {most} else number(0)", op)
        self.line(f"{self.array(op.target.at_tap(last)).text} = {left}", op)

    def value(self, op: Operation, found: Uses) -> None:
        use = found[op]
        text = self.values[op.target] if op.part == "end" else self.computed(op)
        if use.inline and len(text.text) <= LONG:
            self.values[op.target] = text
            return
        if use.near and not op.part:
            self.line(f"{self.scalar(op)} = {text.text}", op)
            bare = text.bare
            text = self.values[op.target] = Text(self.values[op.target].text, ATOM, bare)
        if use.stored:
            number = text if not text.bare or self.boolean(op.target) else self.elements().chosen(
                text, Text("number(1)"), Text("number(0)")
            )
            self.line(f"{self.array(op.target).text} = {number.text}", op)

    def computed(self, op: Operation) -> Text:
        text = self.elements().text(op.value)
        if not op.statement.accumulate:
            return text
        return self.elements().infix("add", self.at(op.target), text)

    def boolean(self, access: Access) -> bool:
        return self.caller.arrays[access.name].dtype == "bool"

    def scalar(self, op: Operation) -> str:
        """A new name for the number that an operation makes: that of its array with the letter of the last axis."""
        last = [self.places[a] for a in op.axes if a in self.places][-1:]
        name = self.new_name("_".join([op.target.name, *last]))
        self.values[op.target] = Text(name)
        return name

    def line(self, text: str, op: Operation) -> None:
        self.lines += statement(text, op.statement.equation, self.level)

    # ---- elements ----

    def elements(self) -> Elements:
        return Elements(self.at, self.label, self.places.__getitem__, self.number, self.named, self.helpers)

    def at(self, access: Access) -> Text:
        """A number in the loop, or an element of an array."""
        return self.values[access] if access in self.values else self.array(access)

    def array(self, access: Access) -> Text:
        if not access.index:
            return self.single(access.name)
        places = grouped(access.index, self.together)
        name = self.argument(access)
        if len(places) < len(access.index):
            self.shapes[self.key(access)] = shape(name, places, access)
        return Text(f"{name}[{', '.join(map(self.index, places))}]", ATOM, self.boolean(access))

    def single(self, name: str) -> Text:
        """A number without axes: the kernel is given the number itself, unless it lies in an array."""
        if self.caller.arrays[name].kind != "value":
            return Text(f"{self.argument(Access(name, (), ()))}[()]")
        self.numbers.setdefault(Sym(name, "variable"), (name, self.caller.seen(name, ())))
        return Text(f"number({name})")

    def argument(self, access: Access) -> str:
        """The name of an array that the kernel is given."""
        key = self.key(access)
        if key not in self.arguments:
            text = self.caller.seen(key[0], tuple(Axis("", size) for size in access.sizes))
            own = [name for name, _ in self.arguments.values()]
            name = key[0]
            while name in own:
                name += "_"
            self.arguments[key] = (name, text)
        return self.arguments[key][0]

    def index(self, index: Index | Group) -> str:
        match index:
            case Axis():
                return self.places[index]
            case Group(axes=(first, *_)):
                return self.places[first]
            case Label(at=at):
                return self.at(at).text
            case Affine():
                return self.affine(index)
            case Num(value=value):
                return str(value)
        assert index == STEP
        self.stepped = True
        return "step"

    def affine(self, place: Affine) -> str:
        terms = [f"{'' if k == 1 else f'{k} * '}{self.places[a]}" for a, k in place.terms]
        if not terms:
            return str(place.offset)
        return " + ".join(terms) + (f" {'+' if place.offset > 0 else '-'} {abs(place.offset)}" if place.offset else "")

    def label(self, node: OneHot) -> tuple[str, str]:
        found = self.elements().text(node.labels)
        return found.text, self.places[node.axis]

    def number(self, e: Expr) -> str:
        """A number that calls fix, in the dtype of the arrays."""
        if e not in self.numbers:
            stem = e.name if isinstance(e, Sym) else "factor"
            name = free_name(stem, {name for name, _ in self.numbers.values()})
            self.numbers[e] = (name, self.caller.number(e))
        return f"number({self.numbers[e][0]})"

    def named(self, text: Text) -> Text:
        """A name for what is needed several times."""
        if text.text.isidentifier() or (text.level == ATOM and text.text.endswith("]")):
            return text
        name = self.new_name("base")
        self.lines.append(Line(f"{name} = {text.text}", "", self.level))
        return Text(name)

    def new_name(self, stem: str) -> str:
        """A new name for a number in the loop at hand."""
        name = free_name(stem, {*self.names, *self.caller.arrays})
        self.names.add(name)
        return name
