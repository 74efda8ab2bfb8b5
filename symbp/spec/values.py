"""The values of definitions: names, letters and axes, constants, inputs."""

from __future__ import annotations

import math
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, PlainValidator, WithJsonSchema

from symbp.notation.source import axes_in
from symbp.spec.strict import NAME, described, problem

_AXES = re.compile(r"\s*\[([^\[\]]*)\]\s*")
TYPE = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = frozenset(dir(BaseModel)) | {"type"}  # no key may have the name of an attribute of its model


def _parameter(value: object) -> float | str:
    """A number (a constant), or the axes of a trained array as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise problem("E203", f"axes such as '[i,j]' or a number are expected, found {described(value)}")
    if isinstance(value, str):
        match = _AXES.fullmatch(value)
        if match is None or axes_in(match.group(1)) is None:
            hint = 'lower-case letters in brackets: "[i,j]"; a scalar is "[]", two letters for one axis are "[(g c)]"'
            raise problem("E206", f"{value!r} does not declare axes", hint)
        return value
    if not math.isfinite(value):
        raise problem("E204", f"a constant must be finite, found {value}")
    return value


def _constant(value: object) -> float:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise problem("E203", f"a number is expected, found {described(value)}")
    if not math.isfinite(value):
        raise problem("E204", f"a constant must be finite, found {value}")
    return float(value)


def _symbol(name: str) -> str:
    """The name of a parameter, constant or key."""
    if not re.fullmatch(NAME, name):
        raise problem("E206", f"{name!r} is not a name", "letters, digits and underscores, a letter first")
    if name in _TAKEN:
        raise problem("E209", f"the name {name!r} is taken", "choose another")
    return name


def _letter(value: str) -> str:
    if not TYPE.fullmatch(value):
        raise problem("E206", f"{value!r} is not the letter of an axis", "a lower-case letter: j")
    return value


def _letters(value: str) -> str:
    """A letter, or several that are one axis: (g j)."""
    axes = axes_in(value)
    return value if axes is not None and len(axes) == 1 and len(axes[0]) > 1 else _letter(value)


def _inputs(value: object) -> list[str]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not given or not all(isinstance(text, str) for text in given):
        raise problem("E203", f"letters of axes are expected, found {described(value)}", 'input: "x[n,i]"')
    return list(given)


Inputs = Annotated[
    list[str],
    PlainValidator(_inputs),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Symbol = Annotated[str, AfterValidator(_symbol)]
Letter = Annotated[str, AfterValidator(_letter)]
Letters = Annotated[str, AfterValidator(_letters)]
Constant = Annotated[float, PlainValidator(_constant), WithJsonSchema({"type": "number"})]
Declared = Annotated[float | str, PlainValidator(_parameter), WithJsonSchema({"type": ["number", "string"]})]
