"""What "padding" keys come to: places before and after each dimension, "same" among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from symbp.graph.findings import Findings
from symbp.graph.linear import Linear, value_of
from symbp.graph.model import Axis
from symbp.graph.site import Site
from symbp.graph.values import capital
from symbp.library.choices import Integers, Named, Options, per_dimension
from symbp.library.declaration import Key, Layer
from symbp.notation.expr import Num, Sym
from symbp.notation.problems import FormulaErrors
from symbp.notation.scalar import scalar
from symbp.notation.traverse import replace_symbols

MOST = 100_000  # places that "same" may add to an axis


def paddings_of(
    site: Site,
    declared: Layer,
    options: Options,
    known: Integers,
    axes: Mapping[str, Axis],
    named: Named,
    findings: Findings,
) -> Integers | None:
    """The integers of the padding keys: ``padding_h`` before the axis, ``after_h`` behind it.

    `known` are the other integers of the layer, `axes` the axes of the letters that inputs and keys size.  None where a
    padding cannot be, which is reported.
    """
    found: Integers = {}
    for key in declared.keys:
        if key.kind != "padding":
            continue
        for dim, value in zip(key.dims, per_dimension(declared, key, options), strict=True):
            if value == "same":
                pair = _same(site, declared, key, dim, known, axes, findings)
            else:
                pair = _pair(value, key.name, named)
            if pair is None:
                return None
            found |= {f"{key.name}_{dim}": pair[0], f"after_{dim}": pair[1]}
    return found


def _pair(value: object, key: str, named: Named) -> tuple[int, int] | None:
    """Before and after, as a key says it."""
    both = list(value) if isinstance(value, list | tuple) else [value, value]
    given = [0 if v == "valid" else named(key, v) if isinstance(v, str) else v for v in both]
    numbers = [n for n in given if isinstance(n, int)]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _same(
    site: Site,
    declared: Layer,
    key: Key,
    dim: str,
    known: Integers,
    axes: Mapping[str, Axis],
    findings: Findings,
) -> tuple[int, int] | None:
    """The smallest padding with which the output has the size of the input divided by the stride, rounded up."""
    before, after = f"{key.name}_{dim}", f"after_{dim}"
    extent = next((text for _, text in declared.extents if before in text), "")
    size, stride = axes.get(dim), known.get(f"stride_{dim}", 1)
    wanted = None if size is None else _rounded_up(size, stride)

    def gap(total: int) -> Fraction | None:
        value = value_by(extent, {**known, before: total // 2, after: total - total // 2}, axes)
        if value is None or wanted is None or dict(value.free) != dict(wanted.free):
            return None
        return value.number - wanted.number

    total = _first_zero(gap)
    if total is not None:
        return total // 2, total - total // 2
    message = f"{site}: there is no padding 'same' along {dim} here"
    findings.add("E314", message, (*site.trail, key.name), "give it as integers")
    return None


def _first_zero(gap: Callable[[int], Fraction | None]) -> int | None:
    """The smallest number from 0 on where what only grows, or only falls, is 0; None where it is nowhere."""
    start, low, high = gap(0), 0, 1
    if not start:
        return None if start is None else 0

    def crossed(total: int) -> bool:
        found = gap(total)
        return found is None or found * start <= 0

    while not crossed(high) and high < MOST:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if crossed(middle) else (middle, high)
    return high if gap(high) == 0 else None


def _rounded_up(axis: Axis, stride: int) -> Linear | None:
    if axis.size is not None:
        return Linear(Fraction(-(-axis.size // stride)))
    return Linear(Fraction(0), {axis.symbol.name: Fraction(1)}) if stride == 1 else None


def value_by(text: str, numbers: Mapping[str, Fraction | int], axes: Mapping[str, Axis]) -> Linear | None:
    """The value of a formula in numbers and sizes; None where it reads what is not known."""
    values: dict[str, Sym | Num] = {name: Num(Fraction(value)) for name, value in numbers.items()}
    symbols = {letter.upper(): capital(letter) for letter in axes}
    try:
        formula = replace_symbols(scalar(text, constants=(*symbols, *values)), {**symbols, **values})
        return value_of(formula, {capital(letter).name: axis for letter, axis in axes.items()})
    except (FormulaErrors, ArithmeticError):
        return None
