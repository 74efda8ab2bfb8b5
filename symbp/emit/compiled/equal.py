"""Equal kernels of a module, such as those of equal layers: compiled once, under the names of each."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from symbp.emit.model import Function

Form = tuple[str, tuple[str, ...]]  # equal for functions that do the same


def named_after(function: Function, known: Mapping[Form, str]) -> Function:
    """A function as another name of one that does the same with other arrays, if its form is `known`.

    Of the eight kernels of 784-16-16-10, which take 0.1 to 0.2 s each to compile, two are others by another name.
    """
    first = known.get(form_of(function), function.name)
    return function if first == function.name else replace(function, same_as=first, lines=())


def form_of(function: Function) -> Form:
    """The text with numbers in the place of names of arguments and variables; and the numbers of the equations."""
    body = "\n".join("    " * (line.indent + 1) + line.text for line in function.lines)
    tree = ast.parse(f"def function({function.signature}):\n{body}\n")
    own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    order: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.arg = order.setdefault(node.arg, str(len(order)))
        elif isinstance(node, ast.Name) and node.id in own:
            node.id = order.setdefault(node.id, str(len(order)))
    return ast.dump(tree), tuple(line.equation for line in function.lines)
