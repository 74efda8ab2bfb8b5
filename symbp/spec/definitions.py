"""`define:`: the layers, activations, losses and optimizers of a spec's own, and their declarations.

A definition is turned into the same kind of declaration that the library holds; from there on nothing tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from symbp.library.declaration import Activation, Formula, Key, Layer, Loss, Optimizer, Parameter
from symbp.notation.expr import Ref, Sym, walk
from symbp.notation.parser import statements
from symbp.notation.problems import FormulaErrors
from symbp.spec.code_names import unusable_type
from symbp.spec.comparing import Others
from symbp.spec.drawing import Axes, DrawnDefinition, RandomDefinition, StateDefinition
from symbp.spec.strict import Strict, problem, raise_at
from symbp.spec.values import TYPE, Constant, Declared, Inputs, Letter, Letters, Symbol, Text
from symbp.spec.vocabulary import Entry, OneOf, Typed, Vocabulary, common_keys, library

SOURCE = "the spec"
Starts = dict[str, Annotated[Entry, OneOf("initializer")]]


def _with_formula(value: object) -> object:
    return {"formula": value} if isinstance(value, str) else value


def _new_type(kind: str) -> AfterValidator:
    def check(name: str) -> str:
        if not TYPE.fullmatch(name):
            raise problem("E206", f"{name!r} is not the name of a type", "lower-case letters, digits and underscores")
        if name in library(kind):
            raise problem("E209", f"{name!r} is a built-in {kind} and cannot be defined again", "choose another name")
        if unusable_type(name):
            raise problem("E209", f"a type cannot be called {name!r}: {unusable_type(name)}", "choose another name")
        return name

    return AfterValidator(check)


def _constant_key(name: str, value: float) -> Key:
    return Key(name, "number", value)


def _whole(key: Key) -> Key:
    """In a layer, a constant given as an integer is part of what the layer is: a stride, an exponent."""
    return replace(key, kind="integer") if isinstance(key.default, int) else key


class _Definition(Strict):
    """What all definitions have in common: their keys may not hide those that every entry of the kind takes."""

    kind: ClassVar[str]

    def key_trails(self) -> list[tuple[str, str]]:
        """Where the names of keys stand: ("parameters", "alpha")."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _keys_are_free(self) -> Self:
        taken = common_keys(self.kind)
        found = []
        for trail in self.key_trails():
            if trail[1] in taken:
                wrong = problem("E209", f"every {self.kind} has a key {trail[1]!r}", "choose another name")
                found.append(((*trail, "[key]"), wrong))
        if found:
            raise_at(found, self)
        return self


class _Parametrised(_Definition):
    """A definition with constants and trained arrays."""

    formula: Text
    """equations, one a line"""
    safe: str = ""
    """the same in a numerically safe form: it is what is emitted, and is checked equal"""
    parameters: dict[Symbol, Declared] = Field(default_factory=dict)
    """a number is a constant that a use may change; text such as '[i,j]' the axes of a trained array"""
    init: Starts = Field(default_factory=dict)
    """how each trained array starts"""

    def key_trails(self) -> list[tuple[str, str]]:
        return [("parameters", name) for name in self.parameters]

    @model_validator(mode="after")
    def _every_array_starts(self) -> Self:
        arrays = self.arrays()
        found: list[tuple[tuple[str | int, ...], Any]] = []
        for name in arrays:
            if name not in self.init:
                wrong = problem("E202", f"the parameter {name!r} has no initial value", f"init: {{{name}: zeros}}")
                found.append((("parameters", name), wrong))
        for name in self.init:
            if name not in arrays:
                known = f"trained arrays here: {', '.join(arrays) or 'none'}"
                found.append((("init", name, "[key]"), problem("E301", f"there is no trained array {name!r}", known)))
        if found:
            raise_at(found, self)
        return self

    def arrays(self) -> dict[str, str]:
        return {name: axes for name, axes in self.parameters.items() if isinstance(axes, str)}

    def constants(self) -> tuple[Key, ...]:
        return tuple(_constant_key(n, v) for n, v in self.parameters.items() if not isinstance(v, str))

    def trained(self) -> tuple[Parameter, ...]:
        return tuple(Parameter(n, a, self.init[n].type) for n, a in self.arrays().items())


class ActivationDefinition(_Parametrised):
    """A pointwise function of `z`: one expression, or equations of which the last defines `y`."""

    kind = "activation"

    random: dict[Symbol, DrawnDefinition] = Field(default_factory=dict)
    """numbers that every training step draws, one for each of `z`"""

    def declaration(self, name: str) -> Activation:
        formula = Formula(self.formula, self.safe)
        drawn = tuple(d.declaration(n, "[n,j]") for n, d in self.random.items())
        return Activation(
            name, "defined in the spec", SOURCE, formula, self.trained(), self.constants(), random=drawn
        )


class LayerDefinition(_Parametrised):
    """A layer; its last equation defines `y`."""

    kind = "layer"

    input: Inputs
    """the letters of the incoming axes: x[n,i]; x[n,(g c)] reads one axis by two letters; several inputs are a list"""
    integer: list[Symbol] = Field(default_factory=list)
    """those of the inputs that hold integers"""
    output: Text | None = None
    """the axes of y, where several letters are one of them: y[n,(g o),p]; default: those of the formula"""
    sizes: dict[Symbol, Letters] = Field(default_factory=dict)
    """keys that size a letter: {units: j}, or several together: {units: (g j)}"""
    extents: dict[Letter, Text] = Field(default_factory=dict)
    """sizes of output axes as formulas"""
    random: dict[Symbol, RandomDefinition] = Field(default_factory=dict)
    """arrays that every training step draws"""
    state: dict[Symbol, StateDefinition] = Field(default_factory=dict)
    """arrays that are kept from step to step; with the axis n: of each sample, to the next step of as many samples"""
    inference: str = ""
    """the equations of a prediction, where these are others"""
    before: str = ""
    """new values of states, before the forward pass of a training step, from parameters and states alone"""
    after: str = ""
    """new values of states, behind it, from everything"""

    def key_trails(self) -> list[tuple[str, str]]:
        return [*super().key_trails(), *(("sizes", name) for name in self.sizes)]

    @model_validator(mode="after")
    def _integers_are_inputs(self) -> Self:
        names = [text.partition("[")[0].strip() for text in self.input]
        known = f"inputs here: {', '.join(names)}"
        found: list[tuple[tuple[str | int, ...], Any]] = [
            (("integer", k), problem("E301", f"there is no input {name!r}", known))
            for k, name in enumerate(self.integer)
            if name not in names
        ]
        if found:
            raise_at(found, self)
        return self

    def declaration(self, name: str) -> Layer:
        keys = tuple(Key(size, "size") for size in self.sizes)
        return Layer(
            name,
            "defined in the spec",
            SOURCE,
            tuple(self.input),
            (Formula(self.formula, self.safe, inference=self.inference, before=self.before, after=self.after),),
            tuple(self.sizes.items()),
            tuple(self.extents.items()),
            self.trained(),
            (*keys, *(_whole(key) for key in self.constants())),
            output=self.output or "",
            integer_inputs=tuple(self.integer),
            random=tuple(d.declaration(n, d.axes) for n, d in self.random.items()),
            state=tuple(d.declaration(n) for n, d in self.state.items()),
        )


class LossDefinition(_Definition):
    """A loss `L` of the output `y` and the target `t`: one expression, or equations of which the last defines `L`.

    A loss of other or of several values names them with `input`.
    """

    kind = "loss"

    input: Inputs = Field(default_factory=lambda: ["y[n,j]"])
    """the letters of what it reads: y[n,j]; several values are a list"""
    target: Literal["real", "integer", "none"] = "real"
    """real numbers, integer labels (without the last axis), or none where the formula reads no `t`"""
    target_axes: Axes | None = None
    """the axes of `t` where they are others than those of the first value: "[n]\""""
    targets: dict[Symbol, Others] = Field(default_factory=dict)
    """further arrays that each call gives: {mask: "[n]"}"""
    formula: Text
    """equations, one a line"""
    safe: str = ""
    """the same in a numerically safe form"""
    parameters: dict[Symbol, Constant] = Field(default_factory=dict)
    """constants that a use may change"""

    def key_trails(self) -> list[tuple[str, str]]:
        return [("parameters", name) for name in self.parameters]

    def declaration(self, name: str) -> Loss:
        keys = tuple(_constant_key(n, v) for n, v in self.parameters.items())
        formulas = (Formula(self.formula, self.safe),)
        axes = self.target_axes or ""
        alone = len(self.input) == 1 and not axes
        score = {"real": "r2", "integer": "accuracy"}.get(self.target, "") if alone else ""
        return Loss(
            name,
            "defined in the spec",
            SOURCE,
            formulas,
            keys,
            target=self.target,
            inputs=tuple(self.input),
            target_axes=axes,
            compared=tuple(other.declaration(n) for n, other in self.targets.items()),
            score=score,
        )


class OptimizerDefinition(_Definition):
    """Update equations of one weight `w` with its gradient `g`, in order; `lr` and `k`, the step from 1, are given."""

    kind = "optimizer"

    formula: Text
    """equations, one a line; what is read before it is assigned is kept from step to step"""
    state: dict[Symbol, Constant] = Field(default_factory=dict)
    """initial values of what is kept; 0 where not given"""
    parameters: dict[Symbol, Constant] = Field(default_factory=dict)
    """constants that a use may change"""

    def key_trails(self) -> list[tuple[str, str]]:
        return [("parameters", name) for name in self.parameters]

    def declaration(self, name: str) -> Optimizer:
        keys = tuple(_constant_key(n, v) for n, v in self.parameters.items())
        kept = dict.fromkeys(_kept(self.formula, {"w", "g", "lr", "k", "pi", *self.parameters}), 0.0) | self.state
        return Optimizer(name, "defined in the spec", SOURCE, self.formula, tuple(kept.items()), keys)


def _kept(formula: str, given: set[str]) -> list[str]:
    """The names that update equations assign, but read first."""
    try:
        lines = statements(formula)
    except FormulaErrors:  # reported where the equations are built
        return []
    assigned = {line.left.name for line in lines if isinstance(line.left, Sym | Ref)}
    done: set[str] = set()
    kept: dict[str, None] = {}
    for line in lines:
        for node in walk(line.right):
            if isinstance(node, Sym) and node.name in assigned - done - given:
                kept[node.name] = None
        if isinstance(line.left, Sym | Ref):
            done.add(line.left.name)
    return list(kept)


Activations = dict[
    Annotated[str, _new_type("activation")],
    Annotated[ActivationDefinition, BeforeValidator(_with_formula, json_schema_input_type=str | ActivationDefinition)],
]
Layers = dict[Annotated[str, _new_type("layer")], LayerDefinition]
Losses = dict[
    Annotated[str, _new_type("loss")],
    Annotated[LossDefinition, BeforeValidator(_with_formula, json_schema_input_type=str | LossDefinition)],
]
Optimizers = dict[
    Annotated[str, _new_type("optimizer")],
    Annotated[OptimizerDefinition, BeforeValidator(_with_formula, json_schema_input_type=str | OptimizerDefinition)],
]


class Define(Strict):
    """Types of the spec's own, by name."""

    activations: Activations = Field(default_factory=dict)
    """functions of z: {softsign2: "z / (1 + z**2)"}"""
    layers: Layers = Field(default_factory=dict)
    """layers by formula"""
    losses: Losses = Field(default_factory=dict)
    """losses of the output y and the target t"""
    optimizers: Optimizers = Field(default_factory=dict)
    """update equations of a weight w with gradient g"""

    def vocabulary(self) -> Vocabulary:
        """The library's types and these."""
        declared: dict[str, Mapping[str, Typed]] = {
            kind: {name: definition.declaration(name) for name, definition in getattr(self, field).items()}
            for field, kind in FIELDS.items()
        }
        return Vocabulary(declared)


FIELDS = {"activations": "activation", "layers": "layer", "losses": "loss", "optimizers": "optimizer"}


def vocabulary_of(define: object) -> Vocabulary:
    """The types of a `define:` that has not been checked: definitions with problems are known by name only."""
    declared: dict[str, dict[str, Typed]] = {}
    wrong: set[tuple[str, str]] = set()
    if isinstance(define, Define):
        return define.vocabulary()
    for field, kind in FIELDS.items():
        entries = define.get(field) if isinstance(define, dict) else None
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            try:
                one = Define.model_validate({field: {name: entry}}).vocabulary()
                declared.setdefault(kind, {}).update(one.defined[kind])
            except ValidationError:
                wrong.add((kind, name))
    return Vocabulary(declared, frozenset(wrong))
