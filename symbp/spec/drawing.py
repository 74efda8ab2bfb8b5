"""What a definition may have beside parameters: arrays that are drawn, and arrays that are kept from step to step."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from symbp.library.declaration import Random, State
from symbp.notation.source import axes_in
from symbp.spec.strict import Strict, described, problem

_AXES = re.compile(r"\s*\[([^\[\]]*)\]\s*")


def _axes(value: str) -> str:
    match = _AXES.fullmatch(value)
    if match is None or axes_in(match.group(1)) is None:
        raise problem("E206", f"{value!r} does not declare axes", 'lower-case letters in brackets: "[n,i]"')
    return value


def _formula(value: Any) -> str:
    """A formula in the keys as text; a number stands for itself."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise problem("E203", f"a number or a formula in the constants is expected, found {described(value)}")
    if not isinstance(value, str) and not math.isfinite(value):
        raise problem("E204", f"a constant must be finite, found {value}")
    return value if isinstance(value, str) else repr(value)


Axes = Annotated[str, AfterValidator(_axes)]
Scalar = Annotated[str, PlainValidator(_formula), WithJsonSchema({"type": ["number", "string"]})]


class DrawnDefinition(Strict):
    """Numbers that every training step draws: `shift` plus `scale` times draws of the distribution."""

    distribution: Literal["normal", "uniform", "bernoulli", "switch"]
    """normal (mean 0, variance 1), uniform (from 0 to 1), bernoulli (0 or 1), or switch (1 while training)"""
    scale: Scalar = "1"
    """a number, or a formula in the constants"""
    shift: Scalar = "0"
    """the same"""
    probability: Scalar = "1/2"
    """of 1, for bernoulli"""
    still: Scalar = "0"
    """the value of all numbers wherever nothing is drawn, as in a prediction"""

    def declaration(self, name: str, axes: str) -> Random:
        return Random(name, axes, self.distribution, self.still, self.scale, self.shift, self.probability)


class RandomDefinition(DrawnDefinition):
    """An array that every training step draws."""

    axes: Axes
    """its letters: "[n,i]\""""


class StateDefinition(Strict):
    """An array that is kept from step to step; `before` and `after` give it new values."""

    axes: Axes
    """its letters: "[i]\""""
    start: float = 0.0
    """its value before the first step"""

    def declaration(self, name: str) -> State:
        return State(name, self.axes, self.start)
