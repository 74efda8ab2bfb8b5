"""The text of bodies whose calls take longer than what they do: nothing is looked up, turned or converted twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from symbp.emit.constants import constant_name, constant_text, varying_name
from symbp.emit.model import Buffer, Code, Line
from symbp.lower.model import BACKWARD, UPDATE, Array, Program
from symbp.notation.expr import Expr, Sym, walk

# Functions that take the array to fill as their last argument, which is faster than by name.  Of maxima and minima that
# is deprecated.
POSITIONAL = frozenset((
    "add", "subtract", "multiply", "divide", "negative", "reciprocal", "square", "sqrt", "exp", "expm1", "log", "log1p",
    "tanh", "sinh", "cosh", "sin", "cos", "tan", "arctan", "power", "dot", "matmul", "greater", "greater_equal", "less",
    "less_equal", "equal", "not_equal",
))  # fmt: skip
DIRECT = POSITIONAL | {"maximum", "minimum"}


class Body(Protocol):
    """What the writing of a body asks of it."""

    program: Program
    arrays: dict[str, Array]
    used: dict[str, None]
    extra: dict[str, Buffer]
    window_views: dict[str, Buffer]
    reshaped: dict[tuple[str, tuple[int | str, ...]], str]
    stage: str

    def constant(self, name: str, shape: tuple[str, ...], of: str, dtype: str = "real") -> str: ...


def number_array(body: Body, value: Expr, text: str) -> str:
    """A number as an array without dimensions, which a function takes in half the time of a Python float.

    What changes from step to step is filled in at the beginning of the update, or where the backward pass begins.
    """
    fixed = constant_text(value)
    if fixed:
        return body.constant(constant_name(fixed), (), f"np.array({fixed}, dtype)")
    scale = body.program.scale
    if scale and body.stage == BACKWARD and any(isinstance(s, Sym) and s.name == scale.name for s in walk(value)):
        name = varying_name(value, scale.name)
        body.extra[name] = Buffer(name, (), "real", "np.empty((), dtype)", text)  # sizes may have other names now
        body.used[name] = None
        return name
    if body.stage != UPDATE or not re.fullmatch(r"[\w.]+", text):
        return text
    return body.constant(f"{text}_array", (), "np.empty((), dtype)")


def filled_first(body: Body, lines: Sequence[Line]) -> list[Line]:
    """The lines of an update, after those that fill what changes from step to step: ``lr_array[()] = lr``."""
    made = []
    for name in (n for n in body.used if n in body.extra and body.extra[n].of.startswith("np.empty(()")):
        equation = next((line.equation for line in lines if re.search(rf"\b{name}\b", line.text)), "")
        made.append(Line(f"{name}[()] = {name.removesuffix('_array')}", equation))
    return [*made, *lines]


def written_briefly(body: Body, lines: Sequence[Line], filled: set[str]) -> list[Line]:
    """The lines with views that are made once, after those that fill numbers which are not among the `filled` ones.

    From then on these are among them.
    """
    lines = turned_once(body, lines)
    new = [name for name, b in body.extra.items() if b.filled and name in body.used and name not in filled]
    filled.update(new)
    return [*(Line(f"{name}[()] = {body.extra[name].filled}", lines[0].equation) for name in new), *lines]


def turned_once(body: Body, lines: Sequence[Line]) -> list[Line]:
    """The lines with ``a_T``, an array of the workspace, for ``a.T``.

    What is turned is found in the text: a product decides while it is printed which of its operands that is.
    """

    def turned(found: re.Match[str]) -> str:
        name = found.group(1)
        view = name in body.window_views or name in body.reshaped.values()
        own = body.arrays[name].kind == "value" if name in body.arrays else view
        if name not in body.used or not own or f"{name}_T" in body.arrays:
            return found.group()
        body.window_views.setdefault(f"{name}_T", Buffer(f"{name}_T", (), "real", f"self.{name}.T"))
        body.used[f"{name}_T"] = None
        return f"{name}_T"

    return [replace(line, text=re.sub(r"(?<![.\w])(\w+)\.T\b", turned, line.text)) for line in lines]


def directly(code: Code, taken: Iterable[str]) -> Code:
    """The code with its calls as ``add(a, b, c)``; the module imports these functions by name.

    A name that an array or a size has is left to it.
    """
    names = {*taken, *(b.name for b in (*code.buffers, *code.update_buffers))}
    found: dict[str, None] = {}

    def called(text: str) -> str:
        text = re.sub(r"^np\.(\w+)\((.*), out=([^=]+)\)$", _by_place, text)

        def bare(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in DIRECT or name in names:
                return match.group()
            found[name] = None
            return f"{name}("

        return re.sub(r"\bnp\.(\w+)\(", bare, text)

    def lines(body: tuple[Line, ...]) -> tuple[Line, ...]:
        return tuple(replace(line, text=called(line.text)) for line in body)

    done = replace(
        code,
        forward=lines(code.forward),
        loss=lines(code.loss),
        backward=lines(code.backward),
        input_backward=tuple((name, lines(body)) for name, body in code.input_backward),
        update=lines(code.update),
    )
    return replace(done, direct=tuple(sorted(found)))


def _by_place(match: re.Match[str]) -> str:
    name, arguments, out = match.groups()
    return f"np.{name}({arguments}, {out})" if name in POSITIONAL else match.group()
