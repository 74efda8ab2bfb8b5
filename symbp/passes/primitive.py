"""Functions and reductions expressed by those that run without new arrays."""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import (
    UPDATE,
    Apply,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Read,
    Scalar,
    Statement,
    axes_of,
    factors_of,
    mapped,
    power,
    product,
    product_of,
    scaled,
    size_expr,
    total,
)
from symbp.notation.expr import Expr, Num, number
from symbp.passes.ledger import counted

ZERO = Scalar(number(0))
LARGEST = 16  # powers up to this one are products


def make_primitive(program: Program) -> tuple[Program, str]:
    """Means become scaled sums, abs the larger of z and -z, softplus its stable form; scalars are gathered."""
    statements = tuple(
        replace(s, value=_rewritten(s)) if isinstance(s, Statement) else s for s in program.statements
    )
    changed = sum(a != b for a, b in zip(statements, program.statements, strict=True))
    return replace(program, statements=statements), f"{counted(changed, 'statement')} rewritten" if changed else ""


def _rewritten(s: Statement) -> Node:
    value = mapped(s.value, _tagged)
    if s.stage == UPDATE:
        value = mapped(value, _liked)
    return value


def _tagged(node: Node) -> Node:
    """The node rewritten, new nodes with the number of the old one."""
    new = _primitive(node)
    return new if new is node else mapped(new, lambda n: n if n.equation else replace(n, equation=node.equation))


def _primitive(node: Node) -> Node:
    match node:
        case Apply(function="multiply"):
            return _gathered(node)
        case Apply(function="negative", args=(Apply(function="maximum", args=(z, minus)),)) if minus == _minus(z):
            return Apply("minimum", (z, minus))
        case Apply(function="abs", args=(z,)):
            return Apply("maximum", (z, _minus(z)))
        case Apply(function="power", args=(z, Scalar(Num(k)))) if k.denominator == 1 and 3 <= k <= LARGEST:
            return _multiplied(z, int(k))
        case Apply(function="softplus", args=(z,)):
            tail = Apply("log1p", (Apply("exp", (Apply("minimum", (z, _minus(z))),)),))
            return Apply("add", (Apply("maximum", (z, ZERO)), tail))
        case Apply(function="maximum" | "minimum" | "add", args=(Scalar() as a, b)) if not isinstance(b, Scalar):
            return replace(node, args=(b, a))
        case Fold(op="mean"):
            count = product(*(power(size_expr(a.size), number(-1)) for a in node.over))
            return scaled(_primitive(replace(node, op="sum")), count)
        case Fold(op="sum"):
            return _dot(node)
    return node


def _multiplied(z: Node, k: int) -> Node:
    """``z**k`` by squares and products: `np.power` takes as long as twenty products."""
    if k == 1:
        return z
    half = Apply("square", (_multiplied(z, k // 2),))
    return Apply("multiply", (z, half)) if k % 2 else half


def _minus(z: Node) -> Node:
    return Apply("negative", (z,))


def _gathered(node: Apply) -> Node:
    """A product with its scalars folded into one at the end."""
    factors, scalar = factors_of(node)
    inverse: Expr = number(1)
    arrays = []
    for f in factors:
        outer = _scaled_inside(f)
        inverse = product(inverse, outer[1])
        arrays.append(outer[0])
    value = product_of(arrays) if arrays else Scalar(number(1))
    return scaled(value, product(scalar, inverse)) if arrays else Scalar(product(scalar, inverse))


def _scaled_inside(factor: Node) -> tuple[Node, Expr]:
    """``1/(a*s)`` as ``1/a`` and ``1/s``; ``1/(a*s + e)`` as ``1/(a + e/s)`` and ``1/s``."""
    if not isinstance(factor, Apply) or factor.function != "reciprocal":
        return factor, number(1)
    inside = factor.args[0]
    if isinstance(inside, Apply) and inside.function == "multiply" and isinstance(inside.args[1], Scalar):
        s = power(inside.args[1].value, number(-1))
        return replace(factor, args=(inside.args[0],)), s
    return factor, number(1)


def _dot(fold: Fold) -> Node:
    """A sum of everything in a product of two arrays is one dot product, and so is a sum of squares."""
    body = fold.body
    if set(axes_of(body)) != set(fold.over):
        return fold
    if isinstance(body, Apply) and body.function == "square":
        return Product(body.args[0], body.args[0], fold.over)
    factors, scalar = factors_of(body)
    if len(factors) == 2 and all(_plain(f, fold.over) for f in factors):
        return scaled(Product(factors[0], factors[1], fold.over), scalar)
    return fold


def _plain(node: Node, over: tuple[Axis, ...]) -> bool:
    inverse = isinstance(node, Apply) and node.function == "reciprocal"
    return set(axes_of(node)) == set(over) and not inverse


def _liked(node: Node) -> Node:
    """``a - s*a`` as ``(1 - s)*a``."""
    if not isinstance(node, Apply) or node.function not in ("add", "subtract"):
        return node
    (left, a), (right, b) = _multiple(node.args[0]), _multiple(node.args[1])
    if left is None or left != right:
        return node
    sign = number(1 if node.function == "add" else -1)
    return scaled(left, total(a, product(sign, b)))


def _multiple(node: Node) -> tuple[Read | None, Expr]:
    if isinstance(node, Read):
        return node, number(1)
    if isinstance(node, Apply) and node.function == "multiply" and isinstance(node.args[1], Scalar):
        inner = node.args[0]
        return (inner, node.args[1].value) if isinstance(inner, Read) else (None, number(1))
    return None, number(1)

