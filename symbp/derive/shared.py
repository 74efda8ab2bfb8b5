"""What the two forms of a unit have in common: values that both compute from equal values in the same way.

Two equations that read the same are equal wherever what they read is, so only those that differ need be evaluated, and
what they read in common may be any numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symbp.derive.indices import Indices
from symbp.derive.model import ClosedForm
from symbp.derive.system import System
from symbp.graph.model import LocalTensor, Unit
from symbp.notation.expr import Equation, Expr, Index, Sym, bound_by, tensors, walk

Fact = tuple[Expr, Expr]


@dataclass
class Shared:
    """The names that both forms are known to give the same values to; `given` are those that come from outside.

    `fixed` are values that data alone decide, such as the 0 and 1 of a mask: these are never any numbers.
    """

    unit: Unit
    left: Mapping[str, Equation]
    right: Mapping[str, Equation]
    given: frozenset[str]
    known: set[str] = field(default_factory=set)
    fixed: set[str] = field(default_factory=set)

    @staticmethod
    def of(unit: Unit, plain: ClosedForm, safe: ClosedForm) -> Shared:
        left, right = ({e.name: e for e in (*form.forward, *form.adjoints)} for form in (plain, safe))
        outside = {t.name for t in unit.tensors if t.role != "value"} | {f"d{unit.output}"} - left.keys()
        fixed = {t.name for t in unit.tensors if t.role == "data"}
        for form in (plain, safe):
            for e in form.forward:
                fixed |= {e.name} if tensors(e.rhs) <= fixed else set()
        return Shared(unit, left, right, frozenset(outside), fixed=fixed - outside)

    def grow(self) -> None:
        """Adds what follows from equal equations; those of a recurrence stand or fall together."""
        alike = {n for n in self.left.keys() & self.right.keys() if n not in self.known and self._alike(n)}
        while True:
            there = self.given | self.known | alike
            less = {n for n in alike if not self._read(n) <= there}
            if not less:
                break
            alike -= less
        self.known |= alike

    def _read(self, name: str) -> frozenset[str]:
        return frozenset(tensors(self.left[name].rhs) | tensors(self.right[name].rhs))

    def _alike(self, name: str) -> bool:
        a, b = self.left[name], self.right[name]
        if a.indices != b.indices or self._read(name) != tensors(a.rhs):
            return False
        system = System(Indices(()))
        return a.rhs == b.rhs or system.read(a.rhs) == system.read(b.rhs)

    def next(self) -> str | None:
        """A name that the forms give values to in two ways, from what they have in common; None where there is none."""
        for name in self.left:
            if name in self.right and name not in self.known and self.left[name].indices == self.right[name].indices:
                cones = [self.cone(name, form) for form in (self.left, self.right)]
                if all(cone is not None for cone in cones):
                    return name
        return None

    def cone(self, name: str, form: Mapping[str, Equation]) -> list[Equation] | None:
        """The equations of a form that lead from what is known to a name; None where others are in between."""
        found: dict[str, Equation] = {}
        todo = [name]
        while todo:
            here = todo.pop()
            if here in self.given or here in found or (here in self.known and here not in self.fixed):
                continue
            between = here != name and here in self.left and here in self.right and here not in self.known
            if here not in form or between:
                return None
            found[here] = form[here]
            todo += sorted(tensors(form[here].rhs))
        return [e for n, e in form.items() if n in found]

    def inputs(self, equations: Sequence[Equation]) -> list[LocalTensor]:
        """What these equations read of what is given and known."""
        read = {n for e in equations for n in tensors(e.rhs)}
        own = [t for t in self.unit.tensors if t.role != "value" and t.name in read]
        signs = {t.name: t.positive for t in self.unit.tensors}
        free = (self.known | self.given) - self.fixed
        names = [n for n in (*self.left, f"d{self.unit.output}") if n in read & free]
        shapes = {n: self.left[n].indices for n in names if n in self.left}
        output = self.unit.plain[-1].indices
        return own + [LocalTensor(n, shapes.get(n, output), "input", False, signs.get(n, False)) for n in names]


def sizes_in(equations: Sequence[Equation], inputs: Sequence[LocalTensor]) -> set[str]:
    """The names of the sizes that equations and what they read speak of."""
    return _sizes([i for t in inputs for i in t.indices]) | _sizes([side for e in equations for side in (e.lhs, e.rhs)])


def sizes_of(fact: Fact) -> set[str]:
    """The names of the sizes that a fact speaks of."""
    return _sizes(fact)


def _sizes(parts: Iterable[Expr]) -> set[str]:
    nodes = [n for part in parts for n in walk(part)]
    indices = [i for n in nodes for i in (n, *bound_by(n)) if isinstance(i, Index)]
    sizes = [i.size for i in indices if isinstance(i.size, Sym)]
    return {s.name for s in (*sizes, *(n for n in nodes if isinstance(n, Sym))) if s.kind == "size"}
