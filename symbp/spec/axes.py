"""Keys about the axes of a value: their sizes, their order, places along one of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from symbp.library.declaration import Key
from symbp.spec.strict import LARGEST_SIZE, NAME, check_name, check_size, described, problem

MOST_AXES = 8
_NAME_SCHEMA = {"type": "string", "pattern": f"^{NAME}$"}
_NUMBER_SCHEMA = {"type": "integer", "minimum": 1, "maximum": MOST_AXES}


def shape(key: Key) -> Any:
    """The type of a "shape" key: sizes, of which one may be -1."""

    def check(value: object) -> list[int | str]:
        sizes = [size if size == -1 and not isinstance(size, bool) else check_size(size) for size in _list(key, value)]
        if sizes.count(-1) > 1:
            raise problem(
                "E204", f"`{key.name}` has -1 for more than one axis", "only one size follows from the others"
            )
        return [size for size in sizes if isinstance(size, int | str)]

    size = {"anyOf": [{"const": -1}, {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE}, _NAME_SCHEMA]}
    return Annotated[Any, PlainValidator(check), WithJsonSchema(_listed(size, 1, MOST_AXES))]


def order(key: Key) -> Any:
    """The type of an "order" or "pair" key: what axes mean, or their numbers from 1."""

    def check(value: object) -> list[int | str]:
        found = [_axis(key, axis) for axis in _list(key, value)]
        if key.kind == "pair" and len(found) != 2:
            raise problem("E204", f"`{key.name}` names two axes, found {len(found)}")
        if len(set(found)) < len(found):
            raise problem("E204", f"`{key.name}` names an axis twice")
        return found

    least, most = (2, 2) if key.kind == "pair" else (1, MOST_AXES)
    axis = {"anyOf": [_NAME_SCHEMA, _NUMBER_SCHEMA]}
    return Annotated[Any, PlainValidator(check), WithJsonSchema(_listed(axis, least, most))]


def _list(key: Key, value: object) -> list[object]:
    if not isinstance(value, list | tuple):
        raise problem("E203", f"`{key.name}` must be a list, found {described(value)}")
    if not 1 <= len(value) <= MOST_AXES:
        raise problem("E204", f"`{key.name}` must have from 1 to {MOST_AXES} entries, found {len(value)}")
    return list(value)


def _axis(key: Key, value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise problem("E203", f"what an axis means, or its number from 1, is expected, found {described(value)}")
    if isinstance(value, str):
        return check_name(value, "what an axis means")
    if not 1 <= value <= MOST_AXES:
        raise problem("E204", f"axes are numbered from 1, the batch axis left out; found {value}")
    return value


def _listed(entry: dict[str, Any], least: int, most: int) -> dict[str, Any]:
    return {"type": "array", "items": entry, "minItems": least, "maxItems": most}
