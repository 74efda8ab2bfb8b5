"""What pydantic found -> problems with a code, a place and a remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from symbp.errors import Problem
from symbp.notation.problems import did_you_mean
from symbp.spec.origin import Origin, path_text
from symbp.spec.strict import described
from symbp.spec.tree import Trail

MOST_PROBLEMS = 200  # that one run shows
_EXPECTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dataclass_type": "a mapping",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_LENGTHS = {
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
}


def problems_of(error: ValidationError, origin: Origin) -> list[Problem]:
    """One problem for each finding, in the order of the file; nothing about values that could not be read."""
    errors = error.errors(include_url=False)
    meant = {trail for e in errors for trail in _meant(e)}
    found = [
        _problem(e, tuple(e["loc"]), origin)
        for e in errors
        if not origin.is_broken(tuple(e["loc"])) and not (e["type"] == "missing" and tuple(e["loc"]) in meant)
    ]
    return in_file_order(found)


def _meant(error: Mapping[str, Any]) -> list[Trail]:
    """Of an unknown key: the key beside it that it is taken for, which is then not missing too."""
    near = re.fullmatch(r"did you mean '(.*)'\?", error.get("ctx", {}).get("hint", ""))
    return [(*error["loc"][:-1], near.group(1))] if near and error["type"] == "E201" else []


def in_file_order(problems: list[Problem]) -> list[Problem]:
    """Sorted by file, line and column, those without a place last; equal ones once."""
    distinct = list(dict.fromkeys(problems))

    def where(p: Problem) -> tuple[bool, str, int, int]:
        return (False, p.place.file, p.place.line, p.place.column) if p.place else (True, "", 0, 0)

    return sorted(distinct, key=where)


def shown(problems: list[Problem]) -> list[Problem]:
    """In the order of the file; of very many, the first."""
    ordered = in_file_order(problems)
    if len(ordered) <= MOST_PROBLEMS:
        return ordered
    left = len(ordered) - MOST_PROBLEMS
    return [*ordered[:MOST_PROBLEMS], Problem("E113", f"{left} more problems are not shown")]


def _problem(error: Mapping[str, Any], trail: Trail, origin: Origin) -> Problem:
    code, message, hint = _described(error, trail)
    at_key = code == "E201" or trail[-1:] == ("[key]",)
    if trail[-1:] == ("[key]",):
        trail = trail[:-1]
    return origin.problem(code, message, trail, hint, key=at_key)


def _described(error: Mapping[str, Any], trail: Trail) -> tuple[str, str, str]:
    """Code, message and hint of one error."""
    kind, value, ctx = error["type"], error["input"], error.get("ctx", {})
    what = _what(trail)
    if re.fullmatch(r"[EF]\d+", kind):
        return kind, ctx["message"], ctx["hint"]
    if kind == "missing":
        return "E202", f"`{trail[-1]}` is missing", ""
    if kind in _EXPECTED:
        return "E203", f"{what} must be {_EXPECTED[kind]}, found {described(value)}", _type_hint(kind, value)
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return "E204", f"{what} must be {words} {_number(ctx[key])}, found {described(value)}", ""
    if kind == "finite_number":
        return "E204", f"{what} must be finite, found {described(value)}", ""
    if kind in ("too_short", "string_too_short") and 1 in (ctx.get("min_length"), ctx.get("field_length")):
        return "E204", f"{what} may not be empty", ""
    if kind in _LENGTHS:
        return "E204", f"{what} must have {_LENGTHS[kind].format(**ctx)}", ""
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", ctx["expected"])
        hint = did_you_mean(value, known) if isinstance(value, str) else ""
        return "E205", f"{what} must be {ctx['expected']}, found {described(value)}", hint
    return "E203", f"{what}: {error['msg']}", ""


def _what(trail: Trail) -> str:
    """The value as a message names it: its key, or its place in a list."""
    if not trail:
        return "a spec"
    last = trail[-1]
    if isinstance(last, int):
        return f"entry {last + 1} of `{path_text(trail[:-1]).rsplit('.', 1)[-1]}`"
    return f"`{last}`"


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _type_hint(kind: str, value: object) -> str:
    if kind == "bool_type" and isinstance(value, str) and value.lower() in ("yes", "no", "on", "off"):
        return f"in YAML 1.2 {value!r} is text; write {'true' if value.lower() in ('yes', 'on') else 'false'}"
    if kind in ("int_type", "float_type") and isinstance(value, str) and re.fullmatch(r"[-+.\deE]+", value):
        return "write the number without quotes"
    return ""
