"""Integers that follow from places alone: tables that never change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from math import prod

from symbp.lower.nodes import Apply, Axis, Node, Position, Scalar, all_axes, axes_of
from symbp.notation.expr import Num

LARGEST = 1 << 20  # places that are looked at

_FUNCTIONS: dict[str, Callable[..., int]] = {
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b, "negative": lambda a: -a,
    "floor_divide": lambda a, b: a // b, "remainder": lambda a, b: a % b, "abs": abs, "square": lambda a: a * a,
    "maximum": max, "minimum": min, "where": lambda c, a, b: a if c else b, "sign": lambda a: (a > 0) - (a < 0),
    "greater": lambda a, b: a > b, "greater_equal": lambda a, b: a >= b, "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b, "equal": lambda a, b: a == b, "not_equal": lambda a, b: a != b,
}  # fmt: skip


def extremes(node: Node) -> tuple[int, int] | None:
    """The least and the greatest value of an integer expression of places; None where it cannot be known."""
    axes = axes_of(node)
    if not all(isinstance(a.size, int) for a in all_axes(node)) or not _known(node):
        return None
    sizes = [a.size for a in axes if isinstance(a.size, int)]
    if prod(sizes) > LARGEST:
        return None
    every = [_value(node, dict(zip(axes, at, strict=True))) for at in product(*map(range, sizes))]
    return min(every), max(every)


def _known(node: Node) -> bool:
    match node:
        case Scalar():
            return isinstance(node.value, Num) and node.value.value.denominator == 1
        case Position():
            return True
        case Apply():
            return node.function in _FUNCTIONS and all(map(_known, node.args))
    return False


def _value(node: Node, at: Mapping[Axis, int]) -> int:
    match node:
        case Scalar(value=Num(value=value)):
            return int(value)
        case Position():
            return at[node.axis]
        case Apply():
            return int(_FUNCTIONS[node.function](*(_value(a, at) for a in node.args)))
    raise TypeError(f"no integer of places: {node!r}")
