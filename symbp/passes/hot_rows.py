"""One-hot rows in sums: what stands beside them, and whether an array has such rows."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import Apply, Axis, Flat, Node, OneHot, axes_of


def hot_rows(node: Node) -> tuple[OneHot | None, Node | None]:
    """One-hot rows, and what they are multiplied by."""
    if isinstance(node, OneHot):
        return node, None
    if isinstance(node, Apply) and node.function == "multiply":
        for hot, factor in (node.args, node.args[::-1]):
            if isinstance(hot, OneHot) and hot.axis not in axes_of(factor) and set(axes_of(factor)) <= set(
                axes_of(hot)
            ):
                return hot, factor
    return None, None


def rows_behind(node: Apply) -> Apply:
    """A sum with one-hot rows in front, and something else behind them, the other way round."""
    left, right = node.args
    hot, other = hot_rows(left)[0], hot_rows(right)[0]
    if hot is None or other is not None or not are_rows(axes_of(right), hot):
        return node
    base = right if node.function == "add" else Apply("negative", (right,), equation=right.equation)
    return replace(node, function="add", args=(base, left))


def are_rows(axes: tuple[Axis, ...], hot: OneHot) -> bool:
    """Whether an array has the axes of the labels, in any order, and the place behind all of them or in front."""
    rest = tuple(a for a in axes if a != hot.axis)
    return hot.axis in (*axes[:1], *axes[-1:]) and len(axes) == len(rest) + 1 and set(rest) == set(axes_of(hot.labels))


def flat_places(axes: tuple[Axis, ...], hot: OneHot) -> Flat:
    """The places of the labels in an array with such rows."""
    return Flat(hot.labels, hot.axis, len(axes) > 1 and axes[0] == hot.axis, equation=hot.equation)
