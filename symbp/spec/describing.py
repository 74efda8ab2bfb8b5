"""What the keys of a spec mean, for the schema and the documentation: the texts below the fields of the models.

Pydantic can read them too (`use_attribute_docstrings`), but does so when a model is made.  That is whenever a spec is
loaded, and takes a fifth of the time in which a small network is generated.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from symbp.spec.strict import Strict


@cache
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The description of each field that has one, inherited fields included."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        found |= _own(base) if issubclass(base, Strict) else {}
    given = {name: field.description for name, field in model.model_fields.items() if field.description}
    return {name: text for name, text in (found | given).items() if name in model.model_fields}


def described(schema: dict[str, Any], models: dict[str, type[BaseModel]], top: type[BaseModel] | None = None) -> None:
    """Adds the descriptions of the fields to a JSON schema, and to the definitions that it holds."""
    for name, definition in schema.get("$defs", {}).items():
        if name in models:
            _add(definition, models[name])
    if top is not None:
        _add(schema, top)


def all_models(base: type[BaseModel] = Strict) -> dict[str, type[BaseModel]]:
    """The models that are made so far, by name."""
    found = {base.__name__: base}
    for model in base.__subclasses__():
        found |= all_models(model)
    return found


def _add(definition: dict[str, Any], model: type[BaseModel]) -> None:
    texts = descriptions(model)
    entries = definition.get("properties", {})
    for name, entry in entries.items():
        if name in texts and "description" not in entry:
            entries[name] = dict(sorted((entry | {"description": texts[name]}).items()))  # in pydantic's order


def _own(model: type[BaseModel]) -> dict[str, str]:
    """The texts below the fields in the source of a class; a class that was made by a call has no source."""
    try:
        source = inspect.getsource(sys.modules[model.__module__])
    except (OSError, TypeError, KeyError):
        return {}
    body = _classes(source).get(model.__qualname__, [])
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


@lru_cache(maxsize=4)
def _classes(source: str) -> dict[str, list[ast.stmt]]:
    """The bodies of the classes of a module by their qualified names: `inspect` parses the whole file for each one."""
    found: dict[str, list[ast.stmt]] = {}

    def visit(node: ast.AST, path: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                found.setdefault(path + child.name, child.body)
                visit(child, f"{path}{child.name}.")
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                visit(child, f"{path}{child.name}.<locals>.")
            else:
                visit(child, path)

    visit(ast.parse(source), "")
    return found
