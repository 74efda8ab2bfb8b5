"""Sums of products become matrix products, taken two factors at a time in the cheapest order.

``sum[i,j](x[n,i]*W[o,i,j]*z[n,j])`` is first (z, W) over j, then a sum over i.  A sum over a sum of products is taken
term by term; a sum whose factors all lie on the same axes stays what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from symbp.lower.model import (
    Apply,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Scalar,
    Statement,
    axes_of,
    mapped,
    merged,
    power,
    product,
    product_of,
    scaled,
    size_expr,
)
from symbp.notation.expr import Expr, number
from symbp.passes.ledger import counted, extent

ONE = number(1)
Order = tuple[Axis, ...]
MATRIX, ELEMENTWISE, EINSUM = 0.1, 2.0, 3.0  # the price of one multiplication in each form


def contract(program: Program) -> tuple[Program, str]:
    """Every sum of products with a better form rewritten."""
    statements = tuple(_in_products(s) if isinstance(s, Statement) else s for s in program.statements)
    changed = sum(a != b for a, b in zip(statements, program.statements, strict=True))
    return replace(program, statements=statements), f"products in {counted(changed, 'statement')}" if changed else ""


def _in_products(s: Statement) -> Statement:
    return replace(s, value=mapped(s.value, lambda n: contracted(n, s.axes) if isinstance(n, Fold) else n))


def contracted(fold: Fold, order: Order) -> Node:
    """A sum or mean in its cheapest form; other reductions as they are.  `order` is that of the axes of the result."""
    body = fold.body
    if fold.op not in ("sum", "mean"):
        return fold
    if isinstance(body, Apply) and body.function in ("add", "subtract") and _wide(body, fold.over):
        return replace(body, args=tuple(contracted_part(fold, t, order) for t in body.args))
    factors, scalar = factors_of(body)
    for i, factor in enumerate(factors if len(factors) > 1 else ()):
        if isinstance(factor, Apply) and factor.function in ("add", "subtract") and _wide(factor, fold.over):
            others = [*factors[:i], *factors[i + 1 :], Scalar(scalar)]
            terms = tuple(product_of([*others, t]) for t in factor.args)
            return contracted(replace(fold, body=replace(factor, args=terms)), order)
    if _is_outer(body, fold.over):
        if fold.op == "mean":
            scalar = product(scalar, *(power(size_expr(a.size), number(-1)) for a in fold.over))
        value = _ordered(replace(fold, op="sum"), factors, order)
    elif scalar == ONE:
        return fold
    else:
        value = replace(fold, body=product_of(factors))
    return mapped(scaled(value, scalar), lambda n: n if n.equation else replace(n, equation=fold.equation))


def _wide(factor: Apply, over: Sequence[Axis]) -> bool:
    """Whether a sum has a term that is a product of arrays on different axes."""
    return any(
        _is_outer(t, over) or (isinstance(t, Apply) and t.function in ("add", "subtract") and _wide(t, over))
        for t in factor.args
    )


def contracted_part(fold: Fold, term: Node, order: Order) -> Node:
    """One term of a sum that is summed: axes that the term does not have only count."""
    over = tuple(a for a in fold.over if a in axes_of(term))
    absent = [size_expr(a.size) for a in fold.over if a not in over]
    value = contracted(replace(fold, over=over, body=term), order) if over else term
    return product_of([value, Scalar(product(*absent))]) if absent and fold.op == "sum" else value


def factors_of(node: Node) -> tuple[list[Node], Expr]:
    """The factors of a product and its scalar."""
    if isinstance(node, Apply) and node.function == "multiply":
        left, a = factors_of(node.args[0])
        right, b = factors_of(node.args[1])
        return left + right, product(a, b)
    if isinstance(node, Apply) and node.function == "negative":
        inside, c = factors_of(node.args[0])
        return inside, product(number(-1), c)
    if isinstance(node, Scalar):
        return [], node.value
    return [node], ONE


def _is_outer(node: Node, over: Sequence[Axis]) -> bool:
    """Whether no factor has all axes of the product, or one factor alone would be a vector: a matrix product pays."""
    factors, _ = factors_of(node)
    if len(factors) < 2:
        return False
    axes = [set(axes_of(f)) for f in factors]
    whole = set().union(*axes)
    if all(a != whole for a in axes):
        return True
    return any(a < whole and a <= set(over) and a for a in axes)


@dataclass(frozen=True, slots=True)
class _Part:
    """A product of some of the factors, already summed where possible."""

    node: Node
    axes: frozenset[Axis]
    price: float


def _ordered(fold: Fold, factors: list[Node], order: Order) -> Node:
    """The factors multiplied two at a time, each axis summed as soon as no other factor has it."""
    parts = [_alone(f, fold, factors[:i] + factors[i + 1 :]) for i, f in enumerate(factors)]
    while len(parts) > 1:
        pairs = list(combinations(range(len(parts)), 2))
        prices = [_pair_price(parts, i, j, fold, order) for i, j in pairs]
        i, j = pairs[prices.index(min(prices))]
        rest = parts[: i] + parts[i + 1 : j] + parts[j + 1 :]
        parts = [*parts[:i], _joined(parts[i], parts[j], rest, fold), *parts[i + 1 : j], *parts[j + 1 :]]
    return parts[0].node


def _alone(factor: Node, fold: Fold, others: list[Node]) -> _Part:
    own = axes_of(factor)
    elsewhere = set(merged(axes_of(o) for o in others))
    over = tuple(a for a in fold.over if a in own and a not in elsewhere)
    node = Fold("sum", over, factor) if over else factor
    return _Part(node, frozenset(own) - frozenset(over), 0.0)


def _summed(a: _Part, b: _Part, rest: Sequence[_Part], fold: Fold) -> tuple[Axis, ...]:
    """The axes that are done with once a and b are multiplied."""
    elsewhere = frozenset[Axis]().union(*(p.axes for p in rest))
    return tuple(x for x in fold.over if x in a.axes | b.axes and x not in elsewhere)


def _pair_price(parts: list[_Part], i: int, j: int, fold: Fold, order: Order) -> float:
    a, b = parts[i], parts[j]
    rest = parts[:i] + parts[i + 1 : j] + parts[j + 1 :]
    over = _summed(a, b, rest, fold)
    union = a.axes | b.axes
    size = extent(tuple(union))
    left = sum(extent(tuple(p.axes)) for p in rest)
    result = extent(tuple(union - frozenset(over)))
    turned = result if not rest and not _side_by_side(a, b, over, order) else 0
    return size * _form_price(a, b, over) + result + turned + left * 1e-3


def _side_by_side(a: _Part, b: _Part, over: tuple[Axis, ...], order: Order) -> bool:
    """Whether the axes of the result are those of one factor and then those of the other: nothing must be turned."""
    owners = ["a" if x in a.axes else "b" for x in order if x in (a.axes | b.axes) - frozenset(over)]
    return sum(first != second for first, second in pairwise(owners)) <= 1


def _form_price(a: _Part, b: _Part, over: tuple[Axis, ...]) -> float:
    if not over or a.axes | b.axes in (a.axes, b.axes):
        return ELEMENTWISE
    return EINSUM if (a.axes & b.axes) - frozenset(over) else MATRIX


def _joined(a: _Part, b: _Part, rest: Sequence[_Part], fold: Fold) -> _Part:
    over = _summed(a, b, rest, fold)
    axes = (a.axes | b.axes) - frozenset(over)
    shared = (a.axes & b.axes) - frozenset(over)
    node: Node
    if not over:
        node = Apply("multiply", (a.node, b.node))
    elif shared and a.axes | b.axes in (a.axes, b.axes):
        node = Fold("sum", over, Apply("multiply", (a.node, b.node)))
    else:
        node = Product(a.node, b.node, over)
    return _Part(node, axes, 0.0)
