"""A formula by itself: its derivatives as text, as LaTeX and as a NumPy function, each checked before it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symbp.derive.checked import check_derivatives
from symbp.derive.extents import is_extent
from symbp.derive.formula import Formula
from symbp.derive.formula import derive_formula as derivatives_of
from symbp.derive.model import FormulaDerivation
from symbp.derive.numeric import Evaluator, context
from symbp.derive.sample import Sample
from symbp.emit.function import Head, function_module
from symbp.graph.model import LocalTensor
from symbp.lower.function import lower_function
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Sym
from symbp.notation.reads import Declared, extents_of, source_of
from symbp.notation.text import equation_text
from symbp.passes.optimize import optimize_function
from symbp.report.derivatives import constants_of, derivatives_latex, derivatives_text
from symbp.verify.function import Case, Checked, check_function

DIGITS = 30  # with which the values of the NumPy form are compared


@dataclass(frozen=True, slots=True)
class DerivedFormula:
    """A formula with its derivatives, which were checked at a random point; ``print`` gives them as text."""

    derivation: FormulaDerivation
    point: Sample

    def __str__(self) -> str:
        return derivatives_text(self.derivation)

    def _repr_latex_(self) -> str:
        return self.latex()

    def latex(self) -> str:
        """The equations as displays."""
        return derivatives_latex(self.derivation)

    def numpy(self) -> str:
        """A module with one function, ``f_and_derivatives``; it was executed and checked by complex step.

        Raises DerivationError where an equation has no array form.
        """
        derived = self.derivation
        pairs = [(d.by[-1], d.name) for d in derived.derivatives]
        program = optimize_function(lower_function(derived.equations, derived.tensors, pairs, derived.output))
        numbers = tuple(constants_of(derived))
        arguments = (*(t.name for t in derived.tensors), *numbers)
        results = (derived.output, *(d.name for d in derived.derivatives))
        name = f"{derived.output}_and_derivatives"
        extents = [(a.name, b) for a, b in derived.facts if is_extent((a, b)) and isinstance(a, Sym)]
        text = function_module(program, Head(name, arguments, numbers, results, _doc(derived, results)), extents)
        check_function(text, name, results, _checked(derived), self._case(arguments, results))
        return text

    def _case(self, arguments: Sequence[str], results: Sequence[str]) -> Case:
        point = self.point
        values = Evaluator(self.derivation.equations, point, context(DIGITS))
        scalars: dict[str, dict[tuple[int, ...], Any]] = {name: {(): v} for name, v in point.constants.items()}
        given = {name: point.data.get(name) or scalars[name] for name in arguments}
        integers = frozenset(t.name for t in self.derivation.tensors if t.integer)
        return Case(given, integers, {name: values.array(name) for name in results})


def derive_formula(
    formula: str,
    wrt: str | Sequence[str],
    *,
    twice: bool = False,
    cotangent: str = "",
    arrays: Sequence[str] = (),
    positive: Sequence[str] = (),
    integer: Sequence[str] = (),
    facts: Sequence[str] = (),
) -> DerivedFormula:
    """The derivatives of `formula` by `wrt` (names of arrays or numbers), with `twice` also the second ones.

    The formula is in the language of docs/formulas.md; what it reads and does not define is given from outside, with
    the letters that it is read at.  The last line is the result.  Where that has indices, the derivative is the whole
    Jacobian, with the indices of the result first; with `cotangent` (a name) it is the gradient of the sum of the
    result times an array of that name.  `arrays` declares axes that no bare letter names ("x[i]"), `positive` and
    `integer` are names, `facts` are equations that hold: "sum[j](t[n,j]) = 1", or the size of an axis, "P = I - U + 1".

    Every derivative is compared with differences of the formula, to 25 digits.  Raises FormulaErrors and
    DerivationError.
    """
    by = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    declared = Declared(by, tuple(arrays), tuple(positive), tuple(integer), tuple(facts))
    found = elaborate(source_of(formula, declared))
    tensors = tuple(LocalTensor(t.name, t.indices, t.role, t.integer, t.positive) for t in found.tensors)
    known = (*found.facts, *extents_of(declared.facts, found))
    derived = derivatives_of(Formula(found.equations, tensors, known), twice=twice, cotangent=cotangent)
    return DerivedFormula(derived, check_derivatives(derived))


def _checked(derived: FormulaDerivation) -> list[Checked]:
    """What each result is the derivative of."""
    first = {d.by: d.name for d in derived.derivatives}
    return [
        Checked(d.name, first[d.by[:1]], d.by[1]) if d.by[1:] else Checked(d.name, d.of, d.by[0], derived.cotangent)
        for d in derived.derivatives
    ]


def _doc(derived: FormulaDerivation, results: Sequence[str]) -> str:
    """The formula, the shapes of what is given and of what is returned."""
    given = [_shape(t.name, t.indices) for t in derived.tensors]
    given += [f"{name} a number" for name in constants_of(derived)]
    returned = [_shape(name, derived.equation(name).indices) for name in results]
    lines = [f"{derived.output} and its derivatives.", ""]
    lines += [f"{equation_text(e)}" for e in derived.formula]
    return "\n".join((*lines, "", f"Given {', '.join(given)}.", f"Returns {', '.join(returned)}."))


def _shape(name: str, indices: Sequence[object]) -> str:
    sizes = [str(getattr(getattr(i, "size", None), "name", "") or "") for i in indices]
    return f"{name} [{', '.join(sizes)}]" if sizes else name
