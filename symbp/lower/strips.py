"""Statements that are carried out strip by strip: what one of them does on one strip."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.nodes import Axis, Node, Read, mapped, walk
from symbp.lower.statements import Statement


def rows_of(s: Statement) -> tuple[str, ...]:
    """The arrays that a statement with a strip reads and makes row by row; others are the same for all strips."""
    assert s.strip is not None
    lead = s.axes[: s.strip.lead]
    read = (n.name for n in walk(s.value) if isinstance(n, Read) and n.axes[: len(lead)] == lead)
    return tuple(dict.fromkeys((*read, s.target)))


def one_strip(s: Statement) -> Statement:
    """A statement with a strip as it stands for one strip: one axis in the place of the first ones."""
    assert s.strip is not None
    lead = s.axes[: s.strip.lead]
    row = Axis(lead[0].letter, s.strip.rows)

    def change(node: Node) -> Node:
        if isinstance(node, Read) and node.axes[: len(lead)] == lead:
            return replace(node, axes=(row, *node.axes[len(lead) :]))
        return node

    return replace(s, axes=(row, *s.axes[len(lead) :]), value=mapped(s.value, change), strip=None)
