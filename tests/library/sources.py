"""The formulas of declarations, resolved as a network resolves them."""

from __future__ import annotations

from dataclasses import replace

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


def loss(declared: Loss, formula: Formula, leading: tuple[str, ...] = ("n",)) -> tuple[Elaborated, Elaborated]:
    """Plain and safe form of one of the formulas of a loss."""
    labels = ("labels", "integer") in formula.when
    target = TensorSource.read("t[n]" if labels else "t[n,j]", "data", integer=labels)
    conditions = dict(formula.when)
    arrays = tuple(TensorSource.read(name + axes, "data") for name, axes in declared.arrays if conditions.get(name))
    tensors = (TensorSource.read("y[n,j]"), target, *arrays)
    names = tuple(k.name for k in declared.keys if k.kind == "number")
    return both(FormulaSource("", tensors, names, leading=leading, sized=(), output="L"), formula)


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
