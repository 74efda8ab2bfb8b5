"""Equal kernels of a module, such as those of equal layers: compiled once, under the names of each."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from symbp.emit.model import Function


def named_after(function: Function, known: Iterable[Function]) -> Function:
    """A function as another name of one that does the same with other arrays, if there is one among the `known`.

    Of the eight kernels of 784-16-16-10, which take 0.1 to 0.2 s each to compile, two are others by another name.
    """
    form = _form(function)
    for other in known:
        if not other.same_as and other.name != function.name and _form(other) == form:
            return replace(function, same_as=other.name, lines=())
    return function


def _form(function: Function) -> tuple[str, tuple[str, ...]]:
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
