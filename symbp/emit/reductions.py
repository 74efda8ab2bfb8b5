"""Reductions in one call: sums as products with ones where that is faster, all others as ``reduce``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from symbp.emit.expression import Printer
from symbp.lower.model import Axis, Fold, Node, axes_of


class Body(Protocol):
    """What the printing of a reduction asks of the body that it stands in."""

    def leaf(self, node: Node, want: Sequence[Axis]) -> str: ...
    def ones(self, axes: Sequence[Axis]) -> str: ...
    def extent(self, axis: Axis) -> str: ...
    def printer(self) -> Printer: ...


def fold_call(node: Fold, axes: Sequence[Axis], target: str, memory: Body) -> str:
    """The call that reduces an array into `target`, an array with the axes `axes`."""
    have = axes_of(node.body)
    body = memory.leaf(node.body, have)
    rest = [a for a in have if a not in node.over]
    if rest != list(axes):  # what remains lies in another order than the target
        order = [list(axes).index(a) for a in rest]
        target = f"{target}.T" if order == [1, 0] else f"{target}.transpose({', '.join(map(str, order))})"
    elif node.op == "sum" and ":" not in target:  # np.dot writes into whole rows only
        if have[: len(node.over)] == node.over and len(have) == len(node.over) + 1:
            flat = body if len(node.over) == 1 else f"{body}.reshape(-1, {memory.extent(have[-1])})"
            return f"np.dot({memory.ones(node.over)}, {flat}, out={target})"
        if have[-1:] == node.over and len(have) == 2:
            return f"np.dot({body}, {memory.ones(node.over)}, out={target})"
        if have[-1:] == node.over and len(have) > 2:
            flat = f"{body}.reshape(-1, {memory.extent(have[-1])})"
            return f"np.dot({flat}, {memory.ones(node.over)}, out={target}.reshape(-1))"
    places = [str(have.index(a)) for a in node.over]
    axis = places[0] if len(places) == 1 else f"({', '.join(places)})"
    if node.op == "argmax" and len(places) > 1:
        found = memory.printer().place_of_maximum(node, tuple(rest))
        return f"{found[:-1]}, out={target})"
    if node.op == "argmax":
        return f"np.argmax({body}.real, axis={axis}, out={target})"
    function = {"sum": "add", "max": "maximum", "min": "minimum"}[node.op]
    return f"np.{function}.reduce({body}, axis={axis}, out={target})"
