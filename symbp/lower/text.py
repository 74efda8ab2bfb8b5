"""Array expressions as text for people: ``z_fc1[n,j] = sum[i](x[n,i]*W_fc1[i,j]) + b_fc1[j]``."""

from __future__ import annotations

from collections.abc import Iterable

from symbp.lower.nodes import (
    COMPARISONS,
    AddAt,
    Affine,
    Apply,
    At,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Position,
    Product,
    Read,
    Scalar,
    Scatter,
    Spread,
    Window,
    axes_of,
)
from symbp.notation.expr import Add, Call, Expr, Mul, Num, Pow, Sym

_INFIX = {"add": " + ", "subtract": " - ", "multiply": "*"}


def statement_text(target: str, axes: tuple[Axis, ...], value: Node, accumulate: bool) -> str:
    """One statement on one line."""
    return f"{target}{_letters(axes)} {'+=' if accumulate else '='} {node_text(value)}"


def node_text(node: Node) -> str:
    """An array expression on one line; operands of an operator that are operators themselves stand in parentheses."""
    match node:
        case Read():
            return node.name + _letters(node.axes)
        case Scalar():
            return scalar_text(node.value)
        case Position():
            return node.axis.letter
        case Apply():
            return _apply(node)
        case At():
            return _read_at(node.body, {node.axis: scalar_text(node.place)})
        case Fold():
            return f"{node.op}[{_list(node.over)}]({node_text(node.body)})"
        case Product():
            return f"dot[{_list(node.over)}]({node_text(node.left)}, {node_text(node.right)})"
        case Pick():
            return _read_at(node.source, {node.axis: node_text(node.labels)})
        case Window():
            return _read_at(node.source, {a: affine_text(place) for a, place in node.at})
        case Scatter():
            hits = "*".join(f"[{a.letter} == {affine_text(place)}]" for a, place in node.at)
            return f"scatter[{_list(node.over)}]({node_text(node.body)}, {hits})"
        case AddAt():
            hit = f"[{node_text(node.labels)} == {node.axis.letter}]"
            return f"scatter[{_list(node.over)}]({node_text(node.body)}, {hit})"
        case Flat():
            labels, letter = node_text(node.labels), node.axis.letter
            return f"place({letter}, {labels})" if node.first else f"place({labels}, {letter})"
        case OneHot():
            return f"[{node_text(node.labels)} == {node.axis.letter}]"
        case Spread():
            return f"spread[{_list(node.over)}]({node_text(node.body)})"
    raise TypeError(f"not an array expression: {node!r}")


def _read_at(source: Node, places: dict[Axis, str]) -> str:
    """An array read at places: ``x[n,2*p + u]``."""
    if isinstance(source, At):
        return _read_at(source.body, {**places, source.axis: scalar_text(source.place)})
    if isinstance(source, Position):
        return places[source.axis]
    own = axes_of(source)
    name = source.name if isinstance(source, Read) else f"({node_text(source)})"
    return f"{name}[{','.join(places.get(a, a.letter) for a in own)}]"


def affine_text(place: Affine) -> str:
    """A place in formula notation: ``2*p + u - 1``."""
    text = ""
    for axis, factor in place.terms:
        sign = ("-" if factor < 0 else "") if not text else (" - " if factor < 0 else " + ")
        text += sign + (axis.letter if abs(factor) == 1 else f"{abs(factor)}*{axis.letter}")
    if not text:
        return str(place.offset)
    return text + (f" {'-' if place.offset < 0 else '+'} {abs(place.offset)}" if place.offset else "")


def _apply(node: Apply) -> str:
    args = [node_text(a) for a in node.args]
    if node.function in _INFIX:
        return _INFIX[node.function].join(_wrapped(t, a) for t, a in zip(args, node.args, strict=True))
    if node.function in COMPARISONS:
        return f"[{args[0]} {COMPARISONS[node.function]} {args[1]}]"
    return f"{node.function}({', '.join(args)})"


def _wrapped(text: str, node: Node) -> str:
    simple = not isinstance(node, Apply) or node.function not in _INFIX
    return text if simple and not text.startswith("-") else f"({text})"


def _letters(axes: Iterable[Axis]) -> str:
    inside = _list(axes)
    return f"[{inside}]" if inside else ""


def _list(axes: Iterable[Axis]) -> str:
    return ",".join(a.letter for a in axes)


def scalar_text(e: Expr) -> str:
    """A scalar expression in formula notation, exact."""
    match e:
        case Num():
            return str(e.value)
        case Sym():
            return e.name
        case Add():
            return "(" + " + ".join(scalar_text(a) for a in e.args) + ")"
        case Mul():
            return "*".join(f"({scalar_text(a)})" if isinstance(a, Num) else scalar_text(a) for a in e.args)
        case Pow():
            return f"{_operand(e.base)}**{_operand(e.exponent)}"
        case Call():
            return f"{e.function}({', '.join(scalar_text(a) for a in e.args)})"
    raise TypeError(f"not a scalar: {e!r}")


def _operand(e: Expr) -> str:
    """A base or an exponent, in brackets unless it is one word, one whole number or a sum (which has its own)."""
    whole = isinstance(e, Num) and e.value.denominator == 1 and e.value >= 0
    return scalar_text(e) if whole or isinstance(e, Sym | Add | Call) else f"({scalar_text(e)})"
