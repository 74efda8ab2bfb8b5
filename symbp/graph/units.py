"""Declarations -> units: formulas chosen by their options and elaborated, once for each distinct unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symbp.graph import modes
from symbp.graph.around import Around
from symbp.graph.declared import (
    alone,
    constants_of,
    drawn_and_kept,
    needed,
    parameter_source,
    positive_keys,
    sized_letters,
    sources_of,
    target_sources,
    weight_source,
)
from symbp.graph.findings import Findings
from symbp.graph.grouping import grouped_axes
from symbp.graph.model import LocalTensor, Unit
from symbp.graph.sizes import Extent, read_extents
from symbp.graph.values import leading_letters
from symbp.library.choices import Options, formula_of, integer_keys, integers_alone, parameters_of, with_given
from symbp.library.declaration import (
    Activation,
    Formula,
    Layer,
    Loss,
    Parameter,
    Parametrization,
    Penalty,
    Random,
    State,
)
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import (
    Call,
    Compare,
    Equation,
    Expr,
    Index,
    Mul,
    Reduce,
    Ref,
    Sym,
    bound_by,
    free_indices,
    rebuild,
    walk,
)
from symbp.notation.parser import statements
from symbp.notation.problems import FormulaErrors
from symbp.notation.sizes import SizeTie
from symbp.notation.source import Axes, Elaborated, FormulaSource, TensorSource
from symbp.spec.tree import Trail

Declared = Layer | Activation | Loss | Parametrization
LETTERS = ("i", "j", "k", "l", "m", "o", "q", "r")


@dataclass(frozen=True, slots=True)
class Built:
    """A unit with what its nodes need: the size symbol of each letter, forced equalities, constants and parameters.

    `extents` are the sizes that the layer computes itself.  `axes` lists the letters of each axis of the arrays of
    which several letters are one axis.
    """

    unit: Unit
    sizes: Mapping[str, Sym]
    ties: tuple[SizeTie, ...]
    leading: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    constants: tuple[str, ...]
    random: tuple[Random, ...] = ()
    states: tuple[State, ...] = ()
    numbers: tuple[str, ...] = ()  # the keys that the formulas of drawn arrays may read
    extents: tuple[Extent, ...] = ()
    axes: Mapping[str, Axes] = field(default_factory=dict)

    def letters(self, local: str) -> tuple[str, ...]:
        return tuple(i.name for i in self.unit.tensor(local).indices)

    def axes_of(self, local: str) -> Axes:
        """The letters of each axis of an array."""
        return self.axes.get(local) or tuple((letter,) for letter in self.letters(local))

    def views(self, ranks: Mapping[str, int]) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
        """The arrays of which several letters are one axis, or one letter several axes: numbers of axes and letters.

        `ranks` gives the number of axes of each input: the last letters of one may stand for all that are left.
        """
        found = []
        for local, axes in self.axes.items():
            left = ranks.get(local, len(axes)) - len(axes)
            found.append((local, tuple((1 + left * (k == len(axes) - 1), len(a)) for k, a in enumerate(axes))))
        return tuple(found)


@dataclass
class Units:
    """Every unit of a network, built once for each key; None where its formula has problems (reported once)."""

    findings: Findings
    built: dict[str, Built | None] = field(default_factory=dict)

    def layer(
        self,
        declared: Layer,
        options: Options,
        around: Around,
        trail: Trail,
        *,
        integers: Mapping[str, int] | None = None,
    ) -> Built | None:
        """The unit of a layer whose letters stand for the axes of `around`; `trail` leads to a user's definition.

        `integers` are those that its keys come to in a spec.
        """
        number, formula = formula_of(declared, options)
        declared = with_given(declared, options)
        known = integers_alone(declared, options) if integers is None else integers
        parameters = parameters_of(declared, options)
        declared = replace(declared, extents=needed(declared, formula, parameters), parameters=parameters)
        key = f"{declared.type}/{number}/{_text(tuple(known.items()))}/{around.text}/{len(declared.inputs)}"
        if key not in self.built and _is_expression(formula.plain):
            message = "the formula of a layer says which axes its result has"
            self.findings.add("E313", message, (*trail, "formula"), "write y[n,...] = in front of it")
            self.built[key] = None
        inputs = sources_of(declared)
        source = FormulaSource(
            formula.plain,
            (*inputs, *(parameter_source(p) for p in parameters), *drawn_and_kept(declared, formula)),
            integers=tuple(known.items()),
            leading=leading_letters(around.leading),
            several=(*((letter, ()) for letter in alone(declared, known)), *around.several),
            sized=around.spread((*sized_letters(declared), *(letter for letter, _ in declared.extents))),
            output="y",
            facts=formula.facts,
            constants=constants_of(declared.keys),
            positive=positive_keys(declared.keys),
        )
        return self._unit(key, declared, formula, source, parameters, trail)

    def activation(self, declared: Activation, leading: int, trail: Trail) -> Built | None:
        """The unit of a pointwise function of a tensor with `leading` axes and one more."""
        source = FormulaSource(
            declared.formula.plain,
            (
                TensorSource("z", ("n", "j")),
                *(parameter_source(p) for p in declared.parameters),
                *drawn_and_kept(declared, declared.formula),
            ),
            leading=leading_letters(leading),
            pointwise=("n", "j"),
            output="y",
            facts=declared.formula.facts,
            constants=constants_of(declared.keys),
            positive=positive_keys(declared.keys),
        )
        key = f"{declared.type}/activation/{leading}"
        return self._unit(key, declared, declared.formula, source, declared.parameters, trail)

    def parametrization(self, declared: Parametrization, outputs: tuple[bool, ...], trail: Trail) -> Built | None:
        """The unit that computes a weight; `outputs` says of each axis whether it is one of the layer's outputs."""
        formula, source = weight_source(declared, LETTERS[: len(outputs)], outputs)
        key = f"{declared.type}/parametrization/{''.join('o' if out else 'r' for out in outputs)}"
        return self._unit(key, declared, formula, source, declared.parameters, trail)

    def loss(
        self, declared: Loss, options: Options, labels: bool, leading: int, trail: Trail, *, weighted: bool = False
    ) -> Built | None:
        """The unit of a loss; the target ``t`` lacks the last axis of the first input where it holds `labels`.

        A `weighted` loss has one more equation behind its own, which multiplies it by its weight.
        """
        number, formula = formula_of(declared, options)
        given = [(name, axes) for name, axes in declared.arrays if options(name) is not None]
        integers = integer_keys(declared, options)
        inputs = tuple(TensorSource.read(text) for text in declared.inputs)
        source = FormulaSource(
            formula.plain,
            (
                *inputs,
                *target_sources(declared, inputs[0], labels),
                *(TensorSource.read(f"{name}{axes}", "data") for name, axes in given),
            ),
            integers=tuple(integers.items()),
            leading=leading_letters(leading),
            sized=tuple(letter for letter, _ in declared.extents),
            output="L",
            facts=formula.facts,
            constants=constants_of(declared.keys),
            positive=positive_keys(declared.keys),
        )
        key = f"{declared.type}/loss/{number}/{_text(source.integers)}/{leading}"
        built = self._unit(key, declared, formula, source, (), trail)
        return with_weight(built) if built is not None and weighted else built

    def penalty(self, declared: Penalty, rank: int) -> Built:
        """The unit of a penalty on a parameter ``W`` with `rank` axes."""
        key = f"{declared.type}/penalty/{rank}"
        known = self.built.get(key)
        if known is not None:
            return known
        letters = LETTERS[:rank]
        tensor = TensorSource("w", letters, "parameter")
        source = FormulaSource(declared.formula, (tensor,), ("a",), pointwise=letters, output="y", leading=())
        done = elaborate(replace(source, positive=frozenset("a")))
        summand = _renamed(done.equations[0].rhs, "w", "W")
        indices = done.tensor("w").indices
        equation = Equation(Ref("L"), _summed(summand, indices))
        tensors = (LocalTensor("W", indices, "parameter"), LocalTensor("L", (), "value"))
        unit = Unit(
            key, declared.type, (equation,), (equation,), tensors, (), True, "", declared.subgradient, declared.source
        )
        built = Built(unit, dict(done.sizes), (), (), (), ("a",))
        self.built[key] = built
        return built

    def _unit(
        self,
        key: str,
        declared: Declared,
        formula: Formula,
        source: FormulaSource,
        parameters: tuple[Parameter, ...],
        trail: Trail,
    ) -> Built | None:
        if key not in self.built:
            plain = self._elaborated(source, (*trail, "formula"))
            safe = plain
            if formula.safe:
                safe = self._elaborated(replace(source, text=formula.safe), (*trail, "safe"))
            built = (
                None if plain is None or safe is None else _assembled(key, declared, source, plain, safe, parameters)
            )
            output = declared.output if isinstance(declared, Layer) else ""
            axes = None if plain is None else grouped_axes(output, source, plain, self.findings, (*trail, "output"))
            built = None if built is None or axes is None else replace(built, axes=axes)
            built = self._with_extents(built, declared, source, trail)
            if built is not None and plain is not None and safe is not None:
                built = self._with_modes(built, declared, formula, source, (plain, safe), trail)
            self.built[key] = built
        return self.built[key]

    def _with_extents(
        self, built: Built | None, declared: Declared, source: FormulaSource, trail: Trail
    ) -> Built | None:
        """The unit knows how large its axes are: what proves that a read stays on its axis."""
        if built is None or not isinstance(declared, Layer | Loss) or not declared.extents:
            return built
        formulas = read_extents(declared.extents, built.sizes, source.integers, self.findings, (*trail, "extents"))
        if len(formulas) < len(declared.extents):
            return None
        equations = (*built.unit.plain, *built.unit.safe)
        own = {i.size for t in built.unit.tensors for i in t.indices}  # a size may follow from one of no axis here
        own |= {i.size for e in equations for n in walk(e.rhs) for i in bound_by(n)}
        known = [e for e in formulas if _has_bounds(e.formula) and sizes_read(e.formula) <= own]
        facts = tuple((built.sizes[e.letter], e.formula) for e in known)
        return replace(built, unit=replace(built.unit, facts=(*built.unit.facts, *facts)), extents=formulas)

    def _with_modes(
        self,
        built: Built,
        declared: Declared,
        formula: Formula,
        source: FormulaSource,
        forms: tuple[Elaborated, Elaborated],
        trail: Trail,
    ) -> Built | None:
        """The unit with its equations of prediction and of states; None where one of these texts has problems."""
        found = modes.elaborated(formula, source, *forms, self.findings, trail)
        if found is None or isinstance(declared, Loss):
            return None if found is None else built
        equations = found.equations
        unit = replace(
            built.unit,
            inference=equations("inference"),
            before=equations("before"),
            after=equations("after"),
            start=equations("start"),
        )
        return replace(
            built,
            unit=unit,
            constants=tuple(c for c in source.constants if c in found.constants or c in built.constants),
            random=modes.used(declared.random, formula),
            states=modes.used(declared.state, formula) if isinstance(declared, Layer | Parametrization) else (),
            numbers=(*source.constants, *(name for name, _ in source.integers)),
        )

    def _elaborated(self, source: FormulaSource, trail: Trail) -> Elaborated | None:
        try:
            return elaborate(source)
        except FormulaErrors as error:
            self.findings.add_formula(error, trail)
            return None


def _has_bounds(formula: Expr) -> bool:
    """Whether a size is told from others by sums, products and floors, which inequalities can say."""
    return not any(isinstance(n, Compare) or (isinstance(n, Call) and n.function != "floor") for n in walk(formula))


def sizes_read(formula: Expr) -> set[Expr]:
    return {n for n in walk(formula) if isinstance(n, Sym) and n.kind == "size"}


def _is_expression(text: str) -> bool:
    """Whether a formula is one expression, without an equation."""
    try:
        lines = statements(text)
    except FormulaErrors:
        return False
    return len(lines) == 1 and lines[0].left is None


def with_weight(built: Built) -> Built:
    """The unit of a loss with one more equation, which multiplies it by its weight."""
    unit = built.unit
    name = next(n for n in ("weighted", "weighted_loss", "L_weighted") if n not in {t.name for t in unit.tensors})
    equation = Equation(Ref(name), Mul((Sym("weight", "constant", True), Ref(unit.output))))
    plain, safe = (*unit.plain, equation), (*unit.safe, equation)
    if unit.safe is unit.plain:
        safe = plain
    tensors = (*unit.tensors, LocalTensor(name, (), "value"))
    changed = replace(unit, key=f"{unit.key}/weighted", plain=plain, safe=safe, tensors=tensors)
    return replace(built, unit=changed, constants=(*built.constants, "weight"))


def _text(integers: tuple[tuple[str, int], ...]) -> str:
    return ",".join(f"{name}={value}" for name, value in integers)


def _assembled(
    key: str,
    declared: Declared,
    source: FormulaSource,
    plain: Elaborated,
    safe: Elaborated,
    parameters: tuple[Parameter, ...],
) -> Built:
    tensors = {
        t.name: LocalTensor(t.name, t.indices, t.role, t.integer, t.positive) for t in (*plain.tensors, *safe.tensors)
    }
    is_loss = isinstance(declared, Loss)
    unit = Unit(
        key,
        declared.type,
        plain.equations,
        safe.equations,
        tuple(tensors.values()),
        plain.facts,
        is_loss,
        declared.probability if isinstance(declared, Loss) else "",
        declared.subgradient,
        declared.source,
    )
    read = {c.name for c in (*plain.constants, *safe.constants)}
    constants = tuple(name for name in source.constants if name in read)
    return Built(unit, dict(plain.sizes), plain.ties, source.leading, parameters, constants)


def _renamed(node: Expr, old: str, new: str) -> Expr:
    done = rebuild(node, tuple(_renamed(c, old, new) for c in node.children))
    return replace(done, name=new) if isinstance(done, Ref) and done.name == old else done


def _summed(summand: Expr, indices: tuple[Index, ...]) -> Expr:
    """The sum over `indices`, with factors that do not depend on them in front."""
    factors = summand.args if isinstance(summand, Mul) else (summand,)
    outside = tuple(f for f in factors if not free_indices(f))
    inside = tuple(f for f in factors if free_indices(f))
    body = inside[0] if len(inside) == 1 else Mul(inside)
    total = Reduce("sum", indices, body)
    return Mul((*outside, total)) if outside else total
