"""The text of one function: a formula and its derivatives, with the helpers that it calls and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbp.emit.environment import environment
from symbp.emit.layout import docstring, indented, signature
from symbp.emit.model import Line
from symbp.emit.module_core import FunctionText, function_text
from symbp.emit.primitives import plain
from symbp.emit.scalar import python_scalar
from symbp.emit.simple import Simple
from symbp.emit.sizes import length, words
from symbp.lower.model import FORWARD, Program
from symbp.notation.expr import Expr, Sym, walk


@dataclass(frozen=True, slots=True)
class Head:
    """What the function is called, its arguments in order, what it returns, and what it says."""

    name: str
    arguments: tuple[str, ...]
    numbers: tuple[str, ...]  # those of the arguments that are no arrays
    results: tuple[str, ...]
    doc: str


def function_module(program: Program, head: Head, extents: Sequence[tuple[str, Expr]]) -> str:
    """A module that holds the function: its imports, its helpers, and the function itself.

    `extents` are sizes that no array has, as formulas of others.
    """
    sizes = _Sizes(program, head, extents)
    emitter = Simple(program, sizes=sizes.texts, doubles=True)
    lines = (*sizes.lines, *emitter.body(FORWARD), Line(f"return {', '.join(head.results)}"))
    arguments = [f"{name}: {'Any' if name in head.numbers else 'Array'}" for name in head.arguments]
    returns = "Any" if len(head.results) == 1 else "tuple[Any, ...]"
    own = FunctionText(signature(head.name, arguments, returns), docstring(head.doc), indented(lines))
    functions = (*(function_text(f) for f in plain(emitter.called)), own)
    template = environment("numpy").get_template("function.py.j2")
    return template.render(functions=functions, math=any("math." in f.body for f in functions))


class _Sizes:
    """Sizes that are written more than once, or computed, get a line and a name: ``J = W.shape[1]``."""

    def __init__(self, program: Program, head: Head, extents: Sequence[tuple[str, Expr]]) -> None:
        names = {a.name for a in program.arrays} | set(head.arguments)
        lengths = {size: length(array, place) for size, array, place in program.sizes}
        self.texts = {size: size if size not in names else f"{size}_" for size in (*lengths, *(p for p, _ in extents))}
        self.lines: list[Line] = []
        used = words(Simple(program, sizes=self.texts, doubles=True).body(FORWARD))
        inner = {n.name for _, e in extents for n in walk(e) if isinstance(n, Sym)}
        for size, text in lengths.items():
            if used[self.texts[size]] > 1 or size in inner:
                self.lines.append(Line(f"{self.texts[size]} = {text}"))
            else:
                self.texts[size] = text
        for size, e in extents:
            self.lines.append(Line(f"{self.texts[size]} = {python_scalar(e, self.texts)}"))
