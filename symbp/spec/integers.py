"""Keys with an integer for each dimension of a window: ``kernel: 3``, ``kernel: [3, 5]``, ``padding: same``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from symbp.library.declaration import Key
from symbp.notation.problems import did_you_mean
from symbp.spec.strict import LARGEST_SIZE, NAME, check_name, described, problem

PADDINGS = ("same", "valid")
_NAME_SCHEMA = {"type": "string", "pattern": f"^{NAME}$"}


def integers(key: Key) -> Any:
    """The type of an "integers" key: one integer, or one for each dimension."""

    def check(value: object) -> object:
        return _each(key, value, lambda one: _integer(key, one))

    return Annotated[Any, PlainValidator(check), WithJsonSchema(_either(_schema(key), len(key.dims)))]


def padding(key: Key) -> Any:
    """The type of a "padding" key: as "integers", or a pair for each dimension, or a word."""

    def check(value: object) -> object:
        if isinstance(value, str):
            if value not in PADDINGS:
                message = f"`{key.name}` must be integers, 'same' or 'valid', found {described(value)}"
                raise problem("E205", message, did_you_mean(value, PADDINGS))
            return value
        return _each(key, value, lambda one: _pair(key, one))

    pair = {"type": "array", "items": _schema(key), "minItems": 2, "maxItems": 2}
    schema = _either({"anyOf": [_schema(key), pair]}, len(key.dims))
    return Annotated[Any, PlainValidator(check), WithJsonSchema({"anyOf": [{"enum": list(PADDINGS)}, schema]})]


def _each(key: Key, value: object, one: Callable[[object], object]) -> object:
    """The value checked: alone, or one by one."""
    if not isinstance(value, list | tuple):
        return one(value)
    wanted = len(key.dims)
    if len(value) != wanted:
        number = "1 entry" if wanted == 1 else f"{wanted} entries"
        message = f"`{key.name}` has {number}, one for each of {', '.join(key.dims)}; found {len(value)}"
        pairs = f"pairs are written [[{', '.join(map(str, value))}]]" if key.kind == "padding" and wanted == 1 else ""
        raise problem("E204", message, pairs)
    return [one(v) for v in value]


def _pair(key: Key, value: object) -> object:
    if not isinstance(value, list | tuple):
        return _integer(key, value)
    if len(value) != 2:
        raise problem("E204", f"a pair (before, after) is expected, found {len(value)} numbers")
    return [_integer(key, v) for v in value]


def _integer(key: Key, value: object) -> int | str:
    """An integer in the range of the key, or the name of a size."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise problem("E203", f"an integer is expected, found {described(value)}", "or a name from `sizes:`")
    low, high = _limits(key)
    if isinstance(value, int) and not low <= value <= high:
        raise problem("E204", f"`{key.name}` must be from {low} to {high}, found {value}")
    return value if isinstance(value, int) else check_name(value, "the name of a size")


def _limits(key: Key) -> tuple[int, int]:
    low = -LARGEST_SIZE if key.minimum is None else int(key.minimum)
    high = LARGEST_SIZE if key.maximum is None else int(key.maximum)
    return low, high


def _schema(key: Key) -> dict[str, Any]:
    low, high = _limits(key)
    return {"anyOf": [{"type": "integer", "minimum": low, "maximum": high}, _NAME_SCHEMA]}


def _either(one: dict[str, Any], count: int) -> dict[str, Any]:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": count, "maxItems": count}]}
