"""``[t[n] == j]``, an integer compared with the place along an axis, is a one-hot row."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import Apply, Node, OneHot, Position, Program, Scalar, Statement, axes_of, mapped
from symbp.passes.ledger import counted


def find_one_hots(program: Program) -> tuple[Program, str]:
    """Comparisons of labels with a place, rewritten as one-hot rows."""
    statements = tuple(
        replace(s, value=mapped(s.value, _one_hot)) if isinstance(s, Statement) else s for s in program.statements
    )
    changed = sum(a != b for a, b in zip(statements, program.statements, strict=True))
    did = f"one-hot rows in {counted(changed, 'statement')}" if changed else ""
    return replace(program, statements=statements), did


def _one_hot(node: Node) -> Node:
    if not isinstance(node, Apply) or node.function != "equal":
        return node
    for labels, place in (node.args, node.args[::-1]):
        plain = isinstance(labels, Position | Scalar)
        if isinstance(place, Position) and place.axis not in axes_of(labels) and not plain:
            return OneHot(labels, place.axis, equation=node.equation)
    return node
