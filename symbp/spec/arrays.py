"""Numbers given in a spec: one, a list, or lists of lists of equal lengths."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from symbp.spec.strict import described, problem, raise_at

Nested = float | list[Any]
DEEPEST = 8  # axes of an array


def _numbers(value: object) -> Nested:
    found: list[tuple[tuple[int, ...], str, str]] = []
    numbers = _converted(value, (), found)
    if found:
        raise_at([(trail, problem(code, message)) for trail, code, message in found], value)
    return numbers


def _converted(value: object, trail: tuple[int, ...], found: list[tuple[tuple[int, ...], str, str]]) -> Nested:
    """`value` with floats in it; what is wrong goes to `found`: where, code, message."""
    if isinstance(value, list | tuple):
        if not value or len(trail) == DEEPEST:
            found.append((trail, "E204", "the list is empty" if not value else f"more than {DEEPEST} axes"))
            return 0.0
        before = len(found)
        rows = [_converted(item, (*trail, k), found) for k, item in enumerate(value)]
        shapes = [shape(row) for row in rows]
        if len(found) == before and len(set(shapes)) > 1:
            odd = next(k for k, s in enumerate(shapes) if s != shapes[0])
            found.append(((*trail, odd), "E204", "the rows of an array have equal lengths; this one differs"))
        return rows
    if isinstance(value, bool) or not isinstance(value, int | float):
        found.append((trail, "E203", f"a number is expected, found {described(value)}"))
    elif not math.isfinite(value):
        found.append((trail, "E204", f"a number must be finite, found {value}"))
    else:
        return float(value)
    return 0.0


def shape(value: Nested) -> tuple[int, ...]:
    """The lengths of nested lists, outermost first.

    >>> shape([[1.0, 2.0], [3.0, 4.0]]), shape(2.0)
    ((2, 2), ())
    """
    return (len(value), *shape(value[0])) if isinstance(value, list) else ()


def flat(value: Nested) -> tuple[float, ...]:
    """All numbers in C order."""
    return tuple(x for row in value for x in flat(row)) if isinstance(value, list) else (value,)


_ARRAY = {"anyOf": [{"type": "number"}, {"type": "array", "minItems": 1}]}
Numbers = Annotated[float | list[Any], PlainValidator(_numbers), WithJsonSchema(_ARRAY)]
