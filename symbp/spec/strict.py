"""What all models of a spec share: nothing unknown, nothing converted, no NaN; and values that several keys take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NoReturn, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from symbp.notation.problems import did_you_mean

NAME = r"[A-Za-z][A-Za-z0-9_]*"
REFERENCE = rf"{NAME}(\.[A-Za-z0-9_]+)*"
VERSION = 1
LARGEST_SIZE = 2**31 - 1


class Strict(BaseModel):
    """A mapping of a spec.  An unknown key is reported together with the nearest key that exists."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    @model_validator(mode="wrap")
    @classmethod
    def _name_near_keys(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            known = list(cls.model_fields)
            details = [_detail(e, known) for e in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(cls.__name__, details) from None


def _detail(error: Any, known: list[str]) -> InitErrorDetails:
    """An error in the form that raises it again; an unknown key of this very mapping gets a hint."""
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        hint = did_you_mean(str(error["loc"][0]), known) or f"the keys here are {', '.join(known)}"
        wrong = problem("E201", f"unknown key `{error['loc'][0]}`", hint)
        return InitErrorDetails(type=wrong, loc=error["loc"], input=error["input"])
    return detail(error, error["loc"])


def detail(error: Any, trail: tuple[str | int, ...]) -> InitErrorDetails:
    """An error of pydantic in the form that raises it again, at a path."""
    kind: Any = error["type"]
    ctx = error.get("ctx", {})
    if re.fullmatch(r"[EF]\d+", kind):
        kind = problem(kind, ctx["message"], ctx["hint"])
    return InitErrorDetails(type=kind, loc=trail, input=error["input"], ctx=ctx)


def problem(code: str, message: str, hint: str = "") -> PydanticCustomError:
    """An error of our own: raised by a validator, it becomes a `Problem` with this code at the place of the value."""
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def raise_at(found: Iterable[tuple[tuple[str | int, ...], PydanticCustomError]], value: object) -> NoReturn:
    """Raise several errors of our own, each at a path below `value`."""
    details = [InitErrorDetails(type=error, loc=trail, input=value) for trail, error in found]
    raise ValidationError.from_exception_data("spec", details)


def described(value: object) -> str:
    """A value as an error message names it.

    >>> described(True), described(3), described("on"), described([1])
    ('true', '3', "the text 'on'", 'a list')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value}"
    if isinstance(value, str):
        shown = value if len(value) <= 40 else value[:37] + "..."
        return f"the text {shown!r}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"a {type(value).__name__}"


def as_list(value: object) -> object:
    """Tuples are lists, for specs written in Python."""
    return list(value) if isinstance(value, tuple) else value


def check_name(value: object, what: str = "a name") -> str:
    """A name of a spec; raises where it is none."""
    if not isinstance(value, str):
        raise problem("E203", f"{what} is expected, found {described(value)}")
    if not re.fullmatch(NAME, value):
        raise problem("E206", f"{value!r} is not {what}", "letters, digits and underscores, a letter first")
    return value


def check_reference(value: object) -> str:
    """A name, or one inside of blocks: block.0.ln1.  Raises where it is none."""
    if isinstance(value, str) and re.fullmatch(REFERENCE, value):
        return value
    return check_name(value)


def check_size(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise problem("E203", f"a size is expected, found {described(value)}", "an integer, or a name from `sizes:`")
    if isinstance(value, str):
        return check_name(value, "the name of a size")
    if not 1 <= value <= LARGEST_SIZE:
        raise problem("E204", f"a size must be from 1 to {LARGEST_SIZE}, found {value}")
    return value


def _free_or_sized(value: object) -> int | str:
    if isinstance(value, str) and value != "any":
        raise problem("E203", f"an integer or `any` is expected, found {described(value)}")
    return check_size(value)


def _micro_batch(value: object) -> int | str:
    if value in ("auto", "off"):
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise problem("E203", f"an integer, `auto` or `off` is expected, found {described(value)}")
    return check_size(value)


_NAMES = TypeAdapter(list[Annotated[str, PlainValidator(check_reference)]])
_NAME_MAP = TypeAdapter(dict[str, str], config=ConfigDict(strict=True))


def _names(value: object) -> list[str]:
    return [check_reference(value)] if isinstance(value, str) else _NAMES.validate_python(as_list(value))


def _share(value: object) -> str | dict[str, str]:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise problem(
            "E203",
            f"`share` is the name of a layer or a mapping, found {described(value)}",
            "share: fc1, or share: {W: fc1.W}",
        )
    return _NAME_MAP.validate_python(value)


def _version(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise problem("E203", f"`symbp` is the version of the spec language, an integer; found {described(value)}")
    if value != VERSION:
        hint = "a newer symbp may read it" if value > VERSION else f"write symbp: {VERSION}"
        raise problem("E208", f"this symbp reads version {VERSION} of the spec language, not {value}", hint)
    return value


_NAME_SCHEMA = {"type": "string", "pattern": f"^{NAME}$"}
_REFERENCE_SCHEMA = {"type": "string", "pattern": f"^{REFERENCE}$"}
_POSITIVE = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE}

Version = Annotated[int, PlainValidator(_version), WithJsonSchema({"const": VERSION})]
Name = Annotated[str, PlainValidator(check_name), WithJsonSchema(_NAME_SCHEMA)]
Reference = Annotated[str, PlainValidator(check_reference), WithJsonSchema(_REFERENCE_SCHEMA)]
Names = Annotated[
    list[str],
    PlainValidator(_names),
    WithJsonSchema({"anyOf": [_REFERENCE_SCHEMA, {"type": "array", "items": _REFERENCE_SCHEMA, "minItems": 1}]}),
]
Size = Annotated[int | str, PlainValidator(check_size), WithJsonSchema({"anyOf": [_POSITIVE, _NAME_SCHEMA]})]
Positive = Annotated[int, Field(ge=1, le=LARGEST_SIZE)]
FreeOrSized = Annotated[
    int | str, PlainValidator(_free_or_sized), WithJsonSchema({"anyOf": [_POSITIVE, {"const": "any"}]})
]
MicroBatch = Annotated[
    int | str, PlainValidator(_micro_batch), WithJsonSchema({"anyOf": [_POSITIVE, {"enum": ["auto", "off"]}]})
]
Shape = Annotated[list[Size], BeforeValidator(as_list), Field(min_length=1, max_length=4)]
Share = Annotated[
    str | dict[str, str],
    PlainValidator(_share),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}),
]
