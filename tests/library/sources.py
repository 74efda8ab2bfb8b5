"""The formulas of declarations, resolved as a network resolves them."""

from __future__ import annotations

from dataclasses import replace

from symbp.graph.declared import target_sources
from symbp.graph.modes import used
from symbp.library.choices import parameters_of
from symbp.library.declaration import Activation, Formula, Key, Layer, Loss
from symbp.notation.elaborate import elaborate
from symbp.notation.source import Elaborated, FormulaSource, TensorSource


def numbers(keys: tuple[Key, ...]) -> dict[str, float]:
    """The defaults of the keys that formulas read as real numbers."""
    return {k.name: float(k.default) for k in keys if k.kind == "number" and isinstance(k.default, float)}


def both(source: FormulaSource, formula: Formula) -> tuple[Elaborated, Elaborated]:
    plain = elaborate(replace(source, text=formula.plain, facts=formula.facts))
    return plain, elaborate(replace(source, text=formula.safe, facts=formula.facts)) if formula.safe else plain


def activation(declared: Activation) -> tuple[Elaborated, Elaborated]:
    """Plain and safe form."""
    parameters = (TensorSource.read(p.name + p.axes, "parameter") for p in declared.parameters)
    random = (TensorSource.read(r.name + r.axes, "random") for r in declared.random)
    tensors = (TensorSource.read("z[n,j]"), *parameters, *random)
    names = tuple(k.name for k in declared.keys)
    return both(FormulaSource("", tensors, names, pointwise=("n", "j"), output="y"), declared.formula)


OUTPUT = ("y[n,j]",)  # what a loss reads that reads the output of a network
IGNORED = 1  # the integer of keys that name one


def loss_tensors(declared: Loss, formula: Formula) -> tuple[TensorSource, ...]:
    """What a loss reads with one of its formulas: values, targets, data of the spec."""
    conditions = dict(formula.when)
    labels = declared.target == "integer" or conditions.get(declared.target) == "integer"
    inputs = tuple(map(TensorSource.read, declared.inputs))
    given = (TensorSource.read(n + axes, "data", positive=True) for n, axes in declared.arrays if conditions.get(n))
    return (*inputs, *target_sources(declared, inputs[0], labels), *given)


def loss_integers(declared: Loss, formula: Formula) -> tuple[tuple[str, int], ...]:
    """The integer keys with the values that a formula asks for, or others that will do."""
    conditions = dict(formula.when)
    asked = {k.name: conditions.get(k.name, k.default) for k in declared.keys if k.kind == "integer"}
    found = {name: value if isinstance(value, int) else IGNORED for name, value in asked.items()}
    return tuple((name, 3 if name == "norm" and name not in conditions else value) for name, value in found.items())


def loss(declared: Loss, formula: Formula, leading: tuple[str, ...] = ("n",)) -> tuple[Elaborated, Elaborated]:
    """Plain and safe form of one of the formulas of a loss."""
    tensors, integers = loss_tensors(declared, formula), loss_integers(declared, formula)
    names = tuple(k.name for k in declared.keys if k.kind == "number")
    source = FormulaSource("", tensors, names, leading=leading, output="L", integers=integers)
    return both(replace(source, sized=tuple(letter for letter, _ in declared.extents)), formula)


def layer(declared: Layer, formula: Formula) -> tuple[Elaborated, Elaborated]:
    """Plain and safe form of one of the formulas of a layer without pieces."""
    kept = parameters_of(declared, dict(formula.when).get)
    parameters = (TensorSource.read(p.name + p.axes, "parameter") for p in kept)
    drawn = (TensorSource.read(r.name + r.axes, "random") for r in used(declared.random, formula))
    states = (TensorSource.read(s.name + s.axes, "state") for s in used(declared.state, formula))
    tensors = (*(TensorSource.read(i) for i in declared.inputs), *parameters, *drawn, *states)
    sized = tuple(letter for _, letter in declared.sizes)
    constants = tuple(key.name for key in declared.keys if key.kind == "number")
    return both(FormulaSource("", tensors, constants, sized=sized, output="y"), formula)
