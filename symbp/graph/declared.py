"""What a declaration says of the arrays that its formula reads: their axes, the letters with sizes, the constants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from symbp.graph.modes import used
from symbp.library.declaration import Activation, Formula, Key, Layer, Loss, Parameter, Parametrization
from symbp.notation.problems import FormulaErrors
from symbp.notation.source import Axes, FormulaSource, TensorSource


def sources_of(declared: Layer) -> tuple[TensorSource, ...]:
    """The inputs of a layer as its formula reads them."""
    return tuple(_source(text, declared.integer_inputs) for text in declared.inputs)


def needed(declared: Layer, formula: Formula, parameters: tuple[Parameter, ...]) -> tuple[tuple[str, str], ...]:
    """The sizes of the letters that the chosen formula has."""
    texts = (formula.plain, formula.safe, declared.output, *(p.axes for p in parameters), *declared.inputs)
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    return tuple((letter, size) for letter, size in declared.extents if {letter, letter.upper()} & words)


def _source(text: str, integers: tuple[str, ...]) -> TensorSource:
    source = TensorSource.read(text)
    return replace(source, role="data", integer=True) if source.name in integers else source


def target_sources(declared: Loss, first: TensorSource, labels: bool) -> tuple[TensorSource, ...]:
    """The target of a loss, if it has one, and the other arrays that it compares with."""
    others = tuple(TensorSource.read(f"{c.name}{c.axes}", "data", integer=c.integer) for c in declared.compared)
    if declared.target == "none":
        return others
    if declared.target_axes:
        return (TensorSource.read(f"t{declared.target_axes}", "data", integer=labels), *others)
    return (TensorSource("t", first.letters[:-1] if labels else first.letters, "data", integer=labels), *others)


def axes_of(text: str) -> Axes:
    """The letters of each axis, written as ``[i,(g j)]``."""
    return TensorSource.read(f"w{text.strip()}").axes


def sized_letters(declared: Layer) -> tuple[str, ...]:
    """The letters that keys give a size, alone or together with others."""
    return tuple(letter for _, text in declared.sizes for axis in axes_of(f"[{text}]") for letter in axis)


def alone(declared: Layer, integers: Mapping[str, int]) -> tuple[str, ...]:
    """The letters of groups that an integer key gives the size 1, such as one group of channels: formulas lack them."""
    ones = tuple(text for key, text in declared.sizes if integers.get(key) == 1)
    arrays = (*declared.inputs, *((declared.output,) if declared.output else ()), *map(_text_of, declared.parameters))
    axes = [axis for text in arrays for axis in _readable(text)]
    return tuple(letter for letter in ones if (letter,) not in axes and any(letter in axis for axis in axes))


def _readable(text: str) -> Axes:
    """The axes of an array as it is declared; none where they cannot be read, which is reported with the definition."""
    try:
        return TensorSource.read(text).axes
    except FormulaErrors:
        return ()


def _text_of(parameter: Parameter) -> str:
    return f"{parameter.name}{parameter.axes}"


def parameter_source(parameter: Parameter) -> TensorSource:
    return TensorSource.read(_text_of(parameter), "parameter")


def constants_of(keys: tuple[Key, ...]) -> tuple[str, ...]:
    """The keys that a formula reads as real numbers."""
    return tuple(k.name for k in keys if k.kind == "number")


def positive_keys(keys: tuple[Key, ...]) -> frozenset[str]:
    """The keys whose values are above 0."""
    return frozenset(
        k.name for k in keys if k.minimum is not None and (k.minimum > 0 or (k.minimum == 0 and k.open_minimum))
    )


def drawn_and_kept(declared: Layer | Activation | Parametrization, formula: Formula) -> tuple[TensorSource, ...]:
    """The arrays that are drawn, and those that are kept, as far as the formula has them."""
    random = (TensorSource.read(f"{r.name}{r.axes}", "random") for r in used(declared.random, formula))
    kept = () if isinstance(declared, Activation) else used(declared.state, formula)
    return (*random, *(TensorSource.read(f"{s.name}{s.axes}", "state") for s in kept))


def weight_source(
    declared: Parametrization, letters: tuple[str, ...], outputs: tuple[bool, ...]
) -> tuple[Formula, FormulaSource]:
    """The formula of a parametrization for a weight with these axes, and all that it may read."""
    every = f"[{','.join(letters)}]"
    texts = {name: getattr(declared.formula, name).replace("[*]", every) for name in ("plain", "before", "start")}
    formula = replace(declared.formula, **texts)
    trained = (TensorSource("W", letters, "parameter"), *(parameter_source(p) for p in declared.parameters))
    named = tuple(zip(letters, outputs, strict=True))
    return formula, FormulaSource(
        formula.plain,
        (*trained, *drawn_and_kept(declared, formula)),
        leading=(),
        several=(("out", tuple(m for m, out in named if out)), ("rest", tuple(m for m, out in named if not out))),
        output="w",
        constants=constants_of(declared.keys),
        positive=positive_keys(declared.keys),
    )
