"""The JSON schema of a spec, for editors, and the spec that `symbp init` writes."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from symbp.spec.describing import all_models, described
from symbp.spec.model import Spec, is_taken
from symbp.spec.vocabulary import KIND_OF_ENTRY, KINDS, library, union_of

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"
REFERENCES = "#/$defs/{model}"

SCHEMA_FILE = "symbp.schema.json"

_STARTER = """\
# yaml-language-server: $schema=symbp.schema.json
# The line above makes an editor complete keys, from the file that `symbp init` wrote beside this one.
symbp: 1
name: {name}
input: {{x: [64]}}                        # the batch axis is implied
layers:
  - {{type: dense, name: fc1, units: 32, activation: relu, init: {{W: he_normal}}}}
  - {{type: dense, name: fc2, units: 10}}
loss: {{type: cross_entropy, labels: integer}}
train:
  optimizer: {{type: adam, lr: 1e-3}}
  epochs: 20
  batch_size: 32
  seed: 0
"""


def starter_spec(name: str) -> str:
    """A first spec, with the line that makes editors complete it; `name` is made the name of a module."""
    letters = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower()).strip("_")
    safe = letters if letters[:1].isalpha() else f"net_{letters}".rstrip("_")
    return _STARTER.format(name=f"{safe}_net" if is_taken(safe) else safe)


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a spec; every type of the library is in it."""
    plain = TypeAdapter(Spec).json_schema(ref_template=REFERENCES)
    described(plain, all_models(), Spec)
    schema = _with_references(plain)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    for kind in KINDS:
        definitions |= _kind_definitions(kind)
    return {"$schema": SCHEMA_ID, **schema, "$defs": dict(sorted(definitions.items()))}


def _with_references(schema: Any) -> Any:
    """The schema with a reference wherever an entry of a kind may stand.

    Null is left out: a key that is not wanted is not written.
    """
    if isinstance(schema, list):
        return [_with_references(part) for part in schema if part != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    done = {key: _with_references(part) for key, part in schema.items() if key != KIND_OF_ENTRY}
    if done.get("default", ...) is None:
        del done["default"]
    if isinstance(done.get("title"), str):
        del done["title"]
    if len(done.get("anyOf", ())) == 1:
        (only,) = done.pop("anyOf")
        done = {**only, **done}
    return done | {"$ref": f"#/$defs/{schema[KIND_OF_ENTRY]}"} if KIND_OF_ENTRY in schema else done


def _kind_definitions(kind: str) -> dict[str, Any]:
    """The models of a kind, and under the kind's own name what may stand where one of them is expected."""
    plain = union_of(kind).json_schema(ref_template=REFERENCES)
    described(plain, all_models())
    union = _with_references(plain)
    definitions: dict[str, Any] = union.pop("$defs", {})
    names = {"type": "string", "description": f"the type of a {kind}", "examples": sorted(library(kind))}
    others: list[dict[str, Any]] = [names]
    if kind == "initializer":
        others.append({"type": ["number", "array"], "description": "numbers in the shape of the parameter"})
    defined = {
        "type": "object",
        "description": "of a type from `define:`",
        "properties": {"type": {"type": "string", "not": {"enum": sorted(library(kind))}}},
        "required": ["type"],
    }
    if kind in ("layer", "activation", "loss", "optimizer"):
        others.append(defined)
    union.pop("discriminator", None)
    definitions[kind] = {"anyOf": [union, *others]}
    return definitions
