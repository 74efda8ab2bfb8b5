"""Windows of one place are the array itself.

A convolution with a kernel of 1 x 1 is a product over the channels.
"""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import (
    AddAt,
    Affine,
    At,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Places,
    Position,
    Program,
    Read,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Window,
    axes_of,
    mapped,
    merged,
    relettered,
    walk,
)
from symbp.notation.expr import number
from symbp.passes.ledger import counted


def drop_single_places(program: Program) -> tuple[Program, str]:
    """Axes of size 1 inside windows left out."""
    kinds = {a.name: a.kind for a in program.arrays}
    statements = tuple(
        _without(s, kinds[s.target]) if isinstance(s, Statement) and s.whole else s
        for s in program.statements
    )
    changed = sum(a != b for a, b in zip(statements, program.statements, strict=True))
    return replace(program, statements=statements), f"{counted(changed, 'statement')} simpler" if changed else ""


def _without(s: Statement, kind: str) -> Statement:
    nodes = list(walk(s.value))
    fixed: set[Axis] = set()
    inside: set[Axis] = set()
    for n in nodes:
        match n:
            case Pick() | OneHot() | Flat() | AddAt() | At():
                fixed.add(n.axis)
            case Fold(op="argmax"):
                fixed.update(n.over)
            case Window() | Scatter():
                fixed.update(a for a, _ in n.at)
                inside.update(merged(place.axes for _, place in n.at))
    free = set(s.axes) - (inside if kind == "gradient" else set())
    gone = {a for a in inside if a.size == 1} - fixed - free
    if not gone:
        return s
    value = mapped(s.value, lambda n: _plain(_cut(n, gone)))
    return replace(s, value=value, axes=tuple(a for a in s.axes if a not in gone))


def _cut(node: Node, gone: set[Axis]) -> Node:
    """A node without these axes."""
    match node:
        case Read():
            return replace(node, axes=_kept(node.axes, gone))
        case Position() if node.axis in gone:
            return Scalar(number(0), equation=node.equation)
        case Fold() | Spread():
            over = _kept(node.over, gone)
            return replace(node, over=over) if over else node.body
        case Window():
            return replace(node, at=_places(node.at, gone))
        case Scatter():
            return replace(node, at=_places(node.at, gone), over=_kept(node.over, gone))
        case AddAt():
            return replace(node, over=_kept(node.over, gone))
    return node


def _kept(axes: tuple[Axis, ...], gone: set[Axis]) -> tuple[Axis, ...]:
    return tuple(a for a in axes if a not in gone)


def _places(at: Places, gone: set[Axis]) -> Places:
    return tuple((a, replace(p, terms=tuple((b, f) for b, f in p.terms if b not in gone))) for a, p in at)


def _plain(node: Node) -> Node:
    """A window that reads every place as it is read as the array that it is; likewise what is scattered."""
    if isinstance(node, Window):
        same = _same(node.at)
        rest = tuple((a, place) for a, place in node.at if a not in same)
        source = relettered(node.source, same)
        return replace(node, source=source, at=rest) if rest else source
    if isinstance(node, Scatter):
        same = {a: axis for axis, a in _same(node.at).items() if a in node.over}
        rest = tuple((axis, place) for axis, place in node.at if axis not in same.values())
        body, over = relettered(node.body, same), _kept(node.over, set(same))
        alike = tuple(axis for axis in same.values() if axis not in axes_of(body))
        body = Spread(body, alike, equation=node.equation) if alike else body
        if rest or not same:
            return replace(node, body=body, at=rest, over=over)
        return Fold("sum", over, body, equation=node.equation) if over else body
    return node


def _same(at: Places) -> dict[Axis, Axis]:
    """The axes whose places are those of another axis, with that axis, which stands in no other place."""
    every = [a for _, place in at for a in place.axes]
    found: dict[Axis, Axis] = {}
    for axis, place in at:
        if len(place.terms) != 1 or place != Affine(((place.axes[0], 1),)):
            continue
        (own,) = place.axes
        if own.size == axis.size and every.count(own) == 1:
            found[axis] = own
    return found
