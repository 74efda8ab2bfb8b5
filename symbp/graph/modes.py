"""What a unit does beside its training formula: the equations of a prediction, and those that give states new values.

They are elaborated on their own, so that an error is shown in its own text, and then made to speak of the same sizes
and values as the training formula.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from symbp.graph.findings import Findings
from symbp.library.declaration import Formula, Random, State
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Equation, Expr, Index, Reduce, Ref, Sym, rebuild
from symbp.notation.problems import FormulaErrors, FormulaProblem
from symbp.notation.source import Elaborated, FormulaSource, TensorInfo, TensorSource
from symbp.spec.tree import Trail


def texts(formula: Formula) -> dict[str, str]:
    """The texts of a formula that are not those of training, by name; the empty ones left out."""
    every = {"inference": formula.inference, "before": formula.before, "after": formula.after, "start": formula.start}
    return {name: text for name, text in every.items() if text}


# The roles of the arrays that a text may read.
READS = {
    "start": ("parameter",),
    "before": ("parameter", "state"),
    "after": ("parameter", "state", "input", "data", "random"),
}
Declared = TypeVar("Declared", Random, State)


def used(declared: tuple[Declared, ...], formula: Formula) -> tuple[Declared, ...]:
    """The arrays that a formula reads or changes in any of its texts."""
    whole = "\n".join((formula.plain, formula.safe, *texts(formula).values()))
    return tuple(d for d in declared if re.search(rf"\b{d.name}\b", whole))


@dataclass(frozen=True, slots=True)
class Modes:
    """The texts of a formula beside those of training, elaborated."""

    found: Mapping[str, Elaborated]

    def equations(self, name: str) -> tuple[Equation, ...]:
        return self.found[name].equations if name in self.found else ()

    @property
    def constants(self) -> frozenset[str]:
        """The constants that they read."""
        return frozenset(c.name for done in self.found.values() for c in done.constants)


def elaborated(
    formula: Formula, source: FormulaSource, plain: Elaborated, safe: Elaborated, findings: Findings, trail: Trail
) -> Modes | None:
    """The other texts of a unit with these forms of its training formula; None where one has problems (reported)."""
    found: dict[str, Elaborated] = {}
    wanted = texts(formula)
    for name, text in wanted.items():
        try:
            prediction = name == "inference"
            found[name] = _inference(text, source, plain) if prediction else _states(name, text, source, plain, safe)
        except FormulaErrors as error:
            findings.add_formula(error, (*trail, name))
    return Modes(found) if len(found) == len(wanted) else None


def _inference(text: str, source: FormulaSource, plain: Elaborated) -> Elaborated:
    """The equations of a prediction: parameters need not be read, and nothing is differentiated."""
    tensors = tuple(replace(t, role="data") if t.role == "parameter" else t for t in source.tensors)
    known = tuple(t for t in plain.tensors if t.role != "value" or t.name == source.output)
    return _same_sizes(elaborate(replace(source, text=text, tensors=tensors, facts=())), known)


def _states(name: str, text: str, source: FormulaSource, plain: Elaborated, safe: Elaborated) -> Elaborated:
    """Equations carried out in order, before or after the forward pass; only states get new values.

    Those of the start give values to parameters.
    """
    made = {e.name for e in safe.equations}
    known = tuple(t for t in plain.tensors if t.role in READS[name] or (name == "after" and t.name in made))
    done = elaborate(_update(source, text, known))
    changed = "parameter" if name == "start" else "state"
    free = [t.name for t in known if t.role == changed]
    wrong = [e for e in done.equations if e.name in {t.name for t in known} - set(free)]
    if wrong:
        message, hint = f"is no {changed}", f"{changed}s here: {', '.join(free) or 'none'}"
        raise FormulaErrors(text, [FormulaProblem("F135", f"{e.name!r} {message}", e.lhs.span, hint) for e in wrong])
    return _same_sizes(done, known)


def _update(source: FormulaSource, text: str, known: tuple[TensorInfo, ...]) -> FormulaSource:
    """Equations that are carried out in order; everything known is data to them, with its letters as they are."""
    given = tuple(TensorSource(t.name, tuple(i.name for i in t.indices), "data", t.integer, t.positive) for t in known)
    return replace(source, text=text, tensors=given, facts=(), output="", sized=None, pointwise=None, reassign=True)


def _same_sizes(done: Elaborated, known: tuple[TensorInfo, ...]) -> Elaborated:
    """The equations with the size symbols of the training formula, wherever an axis of a known array tells."""
    sizes: dict[str, Sym] = {}
    names = {t.name for t in done.tensors}
    for tensor in known:
        if tensor.name in names:
            for own, wanted in zip(done.tensor(tensor.name).indices, tensor.indices, strict=True):
                if isinstance(own.size, Sym) and isinstance(wanted.size, Sym):
                    sizes.setdefault(own.size.name, wanted.size)
    return replace(done, equations=tuple(_resized_equation(e, sizes) for e in done.equations))


def _resized_equation(equation: Equation, sizes: dict[str, Sym]) -> Equation:
    left = _resized(equation.lhs, sizes)
    assert isinstance(left, Ref)
    return Equation(left, _resized(equation.rhs, sizes))


def _resized(node: Expr, sizes: dict[str, Sym]) -> Expr:
    if isinstance(node, Sym) and node.kind == "size":
        return replace(sizes.get(node.name, node), span=node.span)
    if isinstance(node, Index):
        return _index(node, sizes)
    done = rebuild(node, tuple(_resized(c, sizes) for c in node.children))
    if isinstance(done, Reduce):
        return replace(done, bound=tuple(_index(i, sizes) for i in done.bound))
    return done


def _index(index: Index, sizes: dict[str, Sym]) -> Index:
    return replace(index, size=sizes.get(index.size.name, index.size)) if isinstance(index.size, Sym) else index
