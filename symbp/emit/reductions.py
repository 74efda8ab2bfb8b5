"""Reductions in one call: sums as products with ones, all others as ``reduce``.

This is no choice by cost, since there is nothing to choose: of 2 x 3 to 16,384 x 16 numbers in both precisions, the sum
over the first axis took ``add.reduce`` 1.2 to 15 times as long as the product, that over the last one 1.3 to 8 times.
A sum over some other axis, or into an array that lies in another order, would need a copy for the product.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from symbp.emit.expression import Printer
from symbp.emit.products import Operand
from symbp.lower.model import Axis, Fold, Node, Read, axes_of


class Body(Protocol):
    """What the printing of a reduction asks of the body that it stands in."""

    def leaf(self, node: Node, want: Sequence[Axis]) -> str: ...
    def ones(self, axes: Sequence[Axis]) -> str: ...
    def in_shape(self, text: str, *groups: Sequence[Axis] | None) -> str: ...
    def printer(self) -> Printer: ...


def fold_call(node: Fold, out: Operand, memory: Body) -> str:
    """The call that reduces an array into `out`."""
    axes, target = out.axes, out.text
    have = axes_of(node.body)
    body = memory.leaf(node.body, have)
    rest = [a for a in have if a not in node.over]
    if rest != list(axes):  # what remains lies in another order than the target
        order = [list(axes).index(a) for a in rest]
        target = f"{target}.T" if order == [1, 0] else f"{target}.transpose({', '.join(map(str, order))})"
    elif node.op == "sum" and ":" not in target:  # np.dot writes into whole rows only
        kept = have[len(node.over) :]
        if set(have[: len(node.over)]) == set(node.over) and all(isinstance(a.size, int) for a in kept):
            return _rows_added(node, body, have, out, memory)
        if have[-1:] == node.over and len(have) == 2:
            return f"np.dot({body}, {memory.ones(node.over)}, out={target})"
        if have[-1:] == node.over and len(have) > 2:
            flat, ones = memory.in_shape(body, None, node.over), memory.ones(node.over)
            return f"np.dot({flat}, {ones}, out={memory.in_shape(target, None)})"
        if set(have[1:]) == set(node.over) and isinstance(node.body, Read) and isinstance(have[0].size, int):
            return f"np.dot({memory.in_shape(body, have[:1], None)}, {memory.ones(have[1:])}, out={target})"
    places = [str(have.index(a)) for a in node.over]
    axis = places[0] if len(places) == 1 else f"({', '.join(places)})"
    if node.op == "argmax" and len(places) > 1:
        found = memory.printer().place_of_maximum(node, tuple(rest))
        return f"{found[:-1]}, out={target})"
    if node.op == "argmax":
        return f"np.argmax({body}.real, axis={axis}, out={target})"
    function = {"sum": "add", "max": "maximum", "min": "minimum"}[node.op]
    return f"np.{function}.reduce({body}, axis={axis}, out={target})"


def _rows_added(node: Fold, body: str, have: tuple[Axis, ...], out: Operand, memory: Body) -> str:
    """The sum over the first axes of an array, as a product with ones."""
    kept = have[len(node.over) :]
    count = math.prod(a.size for a in kept if isinstance(a.size, int))
    ones, flat = memory.ones(node.over), body if len(have) == 2 else memory.in_shape(body, None, kept)
    if len(kept) == 1 or out.shape == (count,):
        return f"np.dot({ones}, {flat}, out={out.text if len(kept) == 1 else out.own})"
    return f"np.dot({ones}, {flat}, out={memory.in_shape(out.text, None)})"
