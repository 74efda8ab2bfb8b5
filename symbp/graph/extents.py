"""Sizes of axes that a layer computes: ``P = (H - U)//s + 1`` with the sizes of a use put in.

A size that each call fixes (``T``) stays a name: a formula in it is carried along as a multiple of it and a number, so
that ``(T + 2 - 1*(3 - 1) - 1)//1 + 1`` is T again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from symbp.graph.linear import Linear, value_of
from symbp.graph.model import Axis
from symbp.graph.sizes import Extent
from symbp.graph.values import axis_text, capital
from symbp.notation.expr import Expr, Sym, walk

_NAME = re.compile(r"[A-Za-z]\w*")


@dataclass(frozen=True, slots=True)
class Impossible:
    """Why a formula gives no size."""

    code: str
    why: str
    hint: str = ""


def is_known(formula: Expr, axes: Mapping[str, Axis]) -> bool:
    """Whether all sizes that a formula reads are there."""
    return all(n.name in axes for n in walk(formula) if isinstance(n, Sym) and n.kind == "size")


def size_of(letter: str, formula: Expr, axes: Mapping[str, Axis]) -> Axis | Impossible:
    """The axis `letter`, whose size a formula gives.  `axes` are those behind the size symbols that it reads."""
    if not is_known(formula, axes):
        return Impossible("E314", "is not known")
    try:
        value = value_of(formula, axes)
    except ArithmeticError:
        return Impossible("E314", "divides by zero")
    if value is None:
        read = (axes[n.name] for n in walk(formula) if isinstance(n, Sym))
        free = dict.fromkeys(a.symbol.name for a in read if a.size is None)
        return Impossible("E305", f"cannot be told from {' and '.join(free)}", "give the size a number under `sizes:`")
    if value.free:
        return _same_free(value, axes)
    if value.number.denominator != 1:
        return Impossible("E314", f"would be {float(value.number):g}, which is no integer")
    if value.number < 1:
        return Impossible("E314", f"would be {value.number}", "the size of an axis is at least 1")
    return Axis(letter, capital(letter), int(value.number))


def _same_free(value: Linear, axes: Mapping[str, Axis]) -> Axis | Impossible:
    """A size of each call is carried on unchanged; one that is computed from it has no name."""
    name = next(iter(value.free))
    if value.free == {name: 1} and value.number == 0:
        return next(a for a in axes.values() if a.size is None and a.symbol.name == name)
    return Impossible(
        "E305", f"would be {value.text()}, which each call fixes", "give the size a number under `sizes:`"
    )


def described(site: object, extent: Extent, letters: Mapping[str, Sym], axes: Mapping[str, Axis], why: str) -> str:
    """What is wrong with a size, with the values of all that its formula reads."""
    sizes = {m.upper(): symbol.name for m, symbol in letters.items()}
    values = {name: axis_text(axes[symbol]) for name, symbol in sizes.items() if symbol in axes}
    values |= {name: str(value) for name, value in extent.integers}
    read = (name for name in dict.fromkeys(_NAME.findall(extent.text)) if name in values)
    given = ", ".join(f"{name} = {values[name]}" for name in read)
    where = f", where {given}" if given else ""
    return f"the size of the axis {extent.letter} of {site} {why}: it is {extent.text}{where}"
