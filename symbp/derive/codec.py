"""Formulas and closed forms as JSON text, and back: a table of nodes, each written once.

What is read is never executed: a node is one of the classes of `CLASSES`, with fields that are nodes, numbers or text.
"""

from __future__ import annotations

import json
from dataclasses import fields
from fractions import Fraction
from typing import Any

from symbp.derive.model import ClosedForm, Fact, Step
from symbp.graph.model import LocalTensor, Unit
from symbp.notation import expr

FORMULAS = (
    expr.Num, expr.Sym, expr.Index, expr.Ref, expr.Add, expr.Mul, expr.Pow, expr.Call, expr.Reduce, expr.Compare,
    expr.Divides, expr.Quotient, expr.InRange, expr.FirstMax, expr.Equation,
)  # fmt: skip
CLASSES: dict[str, type[Any]] = {c.__name__: c for c in (*FORMULAS, ClosedForm, Fact, Step, LocalTensor, Unit)}
FIELDS = {name: tuple(f.name for f in fields(c) if f.name != "span") for name, c in CLASSES.items()}
PLAIN = (str, int, float, bool, type(None))
TUPLE, FRACTION = "()", "/"


def encoded(value: Any) -> str:
    """The text of a value.  Where a formula stood in a spec is left out."""
    table = _Table()
    root = table.add(value)
    return json.dumps([table.nodes, root], separators=(",", ":"))


def decoded(text: str) -> Any:
    """The value of a text.  Raises ValueError, TypeError, KeyError or IndexError for what is none."""
    nodes, root = json.loads(text)
    made: list[Any] = []
    for kind, *parts in nodes:
        values = [made[part[0]] if isinstance(part, list) else part for part in parts]
        if kind == TUPLE:
            made.append(tuple(values))
        elif kind == FRACTION:
            made.append(Fraction(int(values[0]), int(values[1])))
        else:
            made.append(CLASSES[kind](**dict(zip(FIELDS[kind], values, strict=True))))
    return made[root[0]]


class _Table:
    """Nodes in an order in which each stands behind those that it holds; a reference is a list of one number."""

    def __init__(self) -> None:
        self.nodes: list[list[Any]] = []
        self.known: dict[tuple[Any, ...], int] = {}
        self.seen: dict[int, tuple[Any, list[int]]] = {}  # by identity; the object is kept, so that it stays its own

    def add(self, value: Any) -> Any:
        if isinstance(value, PLAIN):
            return value
        if id(value) not in self.seen:
            self.seen[id(value)] = (value, [self._number(self._node(value))])
        return self.seen[id(value)][1]

    def _node(self, value: Any) -> list[Any]:
        if isinstance(value, tuple):
            return [TUPLE, *map(self.add, value)]
        if isinstance(value, Fraction):
            return [FRACTION, str(value.numerator), str(value.denominator)]
        name = type(value).__name__
        if CLASSES.get(name) is not type(value):
            raise TypeError(f"{name} has no text")
        return [name, *(self.add(getattr(value, f)) for f in FIELDS[name])]

    def _number(self, node: list[Any]) -> int:
        key = tuple((type(part), part[0]) if isinstance(part, list) else (type(part), part) for part in node)
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(node)
        return self.known[key]
