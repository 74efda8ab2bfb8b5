"""The derivatives of a formula by itself, to second order: gradients, Jacobians, Hessians.

A tensor is differentiated one element at a time: y[n,j] at fixed places n and j is a scalar, its gradient by x[m,i] is
the Jacobian.  The fixed places are integers to the engine, which contracts deltas against them, and become indices
again in the end.  The second order is the derivative of the equations that the first order consists of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from symbp.derive.engine import derive_equations
from symbp.derive.lettering import Lettering, renamed
from symbp.derive.model import ClosedForm, Derivative, FormulaDerivation
from symbp.derive.schedule import merged, needed
from symbp.graph.model import LocalTensor
from symbp.notation.expr import Equation, Expr, Index, Ref

ELEMENT = "element?"  # the fixed element of a tensor, no name that a formula can have


@dataclass(frozen=True, slots=True)
class Formula:
    """A resolved formula; `tensors` with the role "input" are those that it is differentiated by."""

    equations: tuple[Equation, ...]
    tensors: tuple[LocalTensor, ...]
    facts: tuple[tuple[Expr, Expr], ...] = ()


def derive_formula(formula: Formula, *, twice: bool = False, cotangent: str = "") -> FormulaDerivation:
    """The derivatives of the last equation by every input, and with `twice` the second ones by every pair of inputs.

    With `cotangent` they are those of the sum of the result times an array of that name.  Raises DerivationError.
    """
    work = _Work(formula, cotangent)
    work.first()
    if twice:
        names = [d.by[0] for d in work.derivatives]
        for k, name in enumerate(names):
            work.second(name, names[k:])
    return work.done()


@dataclass(slots=True)
class _Work:
    formula: Formula
    cotangent: str
    equations: tuple[Equation, ...] = ()
    fixed: dict[str, Index] = field(default_factory=dict)  # the integers that stand for places, by name
    derivatives: list[Derivative] = field(default_factory=list)

    @property
    def output(self) -> Equation:
        return self.formula.equations[-1]

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(t.name for t in self.formula.tensors if t.role == "input")

    def first(self) -> None:
        out = self.output
        if self.cotangent or not out.indices:
            given = [] if not self.cotangent else [LocalTensor(self.cotangent, out.indices, "data")]
            form = self._derived(self.formula.equations, self.inputs, loss=not out.indices and not self.cotangent)
            names = {f"d{out.name}": self.cotangent} if given else {}
        else:
            form, names = self._of_element(self.formula.equations, self.inputs, "1"), {}
        names |= {e.name: f"d{out.name}_{e.name}" for e in form.adjoints}
        self.equations = merged(self.formula.equations, (*form.forward, *renamed(form.adjoints, names)))
        self.equations = tuple(e for e in self.equations if e.name != ELEMENT)
        rank = 0 if self.cotangent else len(out.indices)
        for name in self.inputs:
            self.derivatives.append(Derivative(f"d{out.name}_d{name}", out.name, (name,), (rank, self._rank(name))))

    def second(self, name: str, others: Sequence[str]) -> None:
        """The derivatives of the gradient by `name`, by each of `others`."""
        out, first = self.output.name, f"d{self.output.name}_d{name}"
        chain = needed(self.equations, first)
        if self._rank(name):
            form = self._of_element(chain, others, f"2{name}")
        else:
            form = self._derived(chain, others, loss=True)
        values = [e.name for e in chain if not e.name.startswith(f"d{out}_d")]
        names = {f"d{w}": f"d2{out}_d{name}_d{w}" for w in (*others, *values)}
        names |= self._plain_names([e.name for e in form.adjoints if e.name not in names], {*names.values()})
        made = (*form.forward, *renamed(form.adjoints, names))
        self.equations = tuple(e for e in merged(self.equations, made) if e.name != ELEMENT)
        rank = 0 if self.cotangent else len(self.output.indices)
        for other in others:
            ranks = (rank, self._rank(name), self._rank(other))
            self.derivatives.append(Derivative(names[f"d{other}"], out, (name, other), ranks))

    def _plain_names(self, values: Sequence[str], taken: set[str]) -> dict[str, str]:
        """u, u1, ... for values in between that no fraction of partial differentials names."""
        taken |= {*(e.name for e in self.equations), *(t.name for t in self.formula.tensors)}
        free = (u for u in ("u", *(f"u{k}" for k in range(1, 99))) if u not in taken)
        return dict(zip(values, free, strict=False))

    def _rank(self, name: str) -> int:
        return len(next(t for t in self.formula.tensors if t.name == name).indices)

    def _of_element(self, equations: Sequence[Equation], wanted: Sequence[str], mark: str) -> ClosedForm:
        """The derivatives of one element of what the last equation defines, at fixed places."""
        out = equations[-1]
        places = {f"!{i.name}?{mark}": i for i in out.indices}  # sorts before every letter
        self.fixed |= places
        chosen = Equation(Ref(ELEMENT), Ref(out.name, tuple(Ref(p) for p in places)))
        return self._derived((*equations, chosen), wanted, loss=True)

    def _derived(self, equations: Sequence[Equation], wanted: Sequence[str], *, loss: bool) -> ClosedForm:
        given = [t for t in self.formula.tensors if t.role != "value"]
        outer = [replace(t, role="input" if t.name in wanted else "data") for t in given]
        outer += [LocalTensor(name, (), "data", integer=True) for name in self.fixed]
        if self.cotangent and self.equations:
            outer.append(LocalTensor(self.cotangent, self.output.indices, "data"))
        values = [LocalTensor(e.name, e.indices, "value") for e in equations]
        taken = frozenset((*(e.name for e in self.equations), *(t.name for t in outer)))
        return derive_equations(equations, (*outer, *values), facts=self.formula.facts, is_loss=loss, avoid=taken)

    def done(self) -> FormulaDerivation:
        """The fixed places as indices again: those of the result first, then those of the array of the first order."""
        result = [name for name in self.fixed if name.endswith("?1")]
        order = {}
        for d in self.derivatives:
            inner = [name for name in self.fixed if name.endswith(f"?2{d.by[0]}")] if len(d.by) > 1 else []
            order[d.name] = [*result, *inner]
        taken = frozenset(t.name for t in self.formula.tensors)
        equations = Lettering(self.equations, self.fixed, order, taken).done()
        tensors = [t for t in self.formula.tensors if t.role != "value"]
        if self.cotangent:
            tensors.append(LocalTensor(self.cotangent, self.output.indices, "data"))
        known, found = self.formula, tuple(self.derivatives)
        return FormulaDerivation(known.equations, equations, tuple(tensors), known.facts, found, self.cotangent)
