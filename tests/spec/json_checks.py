"""The part of JSON schema that the schema of a spec uses, as a checker of values."""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}
KNOWN = {
    "$schema", "$defs", "$ref", "anyOf", "oneOf", "not", "type", "const", "enum", "properties", "patternProperties",
    "additionalProperties", "required", "items", "minItems", "maxItems", "minLength", "maxLength", "minProperties",
    "maxProperties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "description", "default",
    "examples", "title",
}  # fmt: skip


def fits(value: Any, schema: Any, root: dict[str, Any]) -> bool:
    """Whether `value` is what `schema` describes."""
    if isinstance(schema, bool):
        return schema
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema and not fits(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root):
        return False
    if "anyOf" in schema and not any(fits(value, part, root) for part in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(fits(value, part, root) for part in schema["oneOf"]) != 1:
        return False
    if "not" in schema and fits(value, schema["not"], root):
        return False
    return _simple(value, schema) and _inside(value, schema, root)


def _is_of(value: Any, kind: str) -> bool:
    """Whether a value has a type of JSON schema; booleans are no numbers."""
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _simple(value: Any, schema: dict[str, Any]) -> bool:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is_of(value, kind) for kind in kinds):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None and len(value) >= schema.get("minLength", 0)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and value > schema.get("exclusiveMinimum", value - 1)
            and value < schema.get("exclusiveMaximum", value + 1)
        )
    return True


def _inside(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if isinstance(value, list):
        sized = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return sized and all(fits(item, schema.get("items", True), root) for item in value)
    if not isinstance(value, dict):
        return True
    if not all(key in value for key in schema.get("required", ())):
        return False
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, item in value.items():
        parts = [named[key]] if key in named else [part for p, part in patterns.items() if re.search(p, key)]
        parts = parts or [schema.get("additionalProperties", not patterns)]
        if not all(fits(item, part, root) for part in parts):
            return False
    return True
