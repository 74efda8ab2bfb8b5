"""The optimiser's update equations as statements over the flat vectors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from symbp.derive.model import Derivation
from symbp.graph.model import Graph, Update
from symbp.lower.letters import Names, Target
from symbp.lower.model import GRAD, THETA, UPDATE, Array, Axis, Node, Statement, axes_of
from symbp.lower.translate import translate
from symbp.notation.expr import Equation, Reduce, Sym, walk

FLAT = {"w": THETA, "g": GRAD}
SCALARS = frozenset(("lr", "k"))
RESERVED = frozenset((THETA, GRAD, "lr", "k", "np", "w", "part", "i"))


def lower_update(derivation: Derivation) -> tuple[tuple[Array, ...], tuple[Statement, ...]]:
    """The arrays of an update and its statements: clips first, then decayed lines, then the update itself."""
    lowering = _Update(Axis("i", parameter_count(derivation.graph)))
    for name in FLAT.values():
        lowering.declare(name, (lowering.everywhere,), name)
    for update, numbers in derivation.updates():
        lowering.add(update, numbers)
    return tuple(lowering.arrays.values()), tuple(lowering.statements)


def parameter_count(graph: Graph) -> int:
    """How many numbers of the flat vector are trained: the first so many."""
    total = 0
    for info in (p for p in graph.parameters if not p.frozen):
        count = 1
        for axis in info.tensor.axes:
            count *= axis.size or 1
        total += count
    return total


@dataclass(slots=True)
class _Update:
    everywhere: Axis
    arrays: dict[str, Array] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    def declare(self, name: str, axes: tuple[Axis, ...], kind: str = "value") -> Target:
        shape = tuple(a.size for a in axes)
        self.arrays.setdefault(name, Array(name, shape, kind))
        return Target(name, shape)

    def add(self, update: Update, numbers: tuple[str, ...]) -> None:
        """The statements of one set of equations.  Names in between get the title where they would collide."""
        flat = (self.everywhere,)
        known = {local: self.declare(name, flat) for local, name in FLAT.items()}
        known |= {name: self.declare(name, flat, "state") for name, _ in update.state}
        names = Names(known, {}, dict(update.constants), SCALARS, self.everywhere)
        parts = [*((e, "decayed") for e in update.decayed), *((e, "") for e in update.equations)]
        for (equation, where), number in zip(parts, numbers, strict=True):
            statement = self._equation(equation, names, update, number)
            self.statements.append(replace(statement, where=where))

    def _equation(self, equation: Equation, names: Names, update: Update, number: str) -> Statement:
        for size in sizes_in(equation):
            names.sizes[size] = self.everywhere.size
        axes, value = self._value(equation, names, number)
        target = names.arrays.get(equation.name)
        if target is None:
            taken = equation.name in self.arrays or equation.name in RESERVED
            target = self.declare(f"{equation.name}_{update.title}" if taken else equation.name, axes)
            names.arrays[equation.name] = target
        return Statement(target.name, axes, value, UPDATE, number)

    def _value(self, equation: Equation, names: Names, number: str) -> tuple[tuple[Axis, ...], Node]:
        """An equation without indices holds for every weight, unless nothing in it does."""
        if equation.lhs.at:
            return translate(equation, names, number)
        value = translate(equation, names, number, spread=False)[1]
        return axes_of(value), value


def sizes_in(equation: Equation) -> list[str]:
    """The size symbols of the indices of an equation, all of which run over the weights."""
    indices = [*equation.indices, *(i for n in walk(equation.rhs) if isinstance(n, Reduce) for i in n.bound)]
    return [i.size.name for i in indices if isinstance(i.size, Sym)]
