"""Products of matrices as sums that loops add up: ``z[n,j] = sum[i](x[n,i]*W[i,j])``."""

from __future__ import annotations

from symbp.lower.nodes import Apply, At, Axis, Fold, Node, Product, Read, axes_of


def contraction(value: Node) -> Fold | None:
    """A product of two arrays, or a sum of one, as a sum of elements; None where a value is another one."""
    if isinstance(value, Product) and all(map(_is_element, value.children)):
        return Fold("sum", value.over, Apply("multiply", value.children))
    is_sum = isinstance(value, Fold) and value.op == "sum" and all(map(_is_element, factors(value)))
    return value if isinstance(value, Fold) and is_sum else None


def factors(fold: Fold) -> tuple[Node, ...]:
    """The arrays whose elements a contraction multiplies, or the one that it sums."""
    return fold.body.children if isinstance(fold.body, Apply) else (fold.body,)


def grows(fold: Fold) -> bool:
    """Whether the axes of a sum lead those of all factors: ``dW[i,j] = sum[n](x[n,i]*dz[n,j])``.

    All sums then grow with each place of these axes, which the outer loops count: what they add lies behind one
    another.  Other sums are added up one by one, each in a variable.
    """
    count = len(fold.over)
    return contraction(fold) is not None and all(set(axes_of(a)[:count]) == {*fold.over} for a in factors(fold))


def in_vectors(fold: Fold, last: Axis) -> bool:
    """Whether all numbers along the last axis of a sum lie behind one another, or are the same."""
    return all(axes_of(a)[-1:] == (last,) or last not in axes_of(a) for a in factors(fold))


def _is_element(node: Node) -> bool:
    while isinstance(node, At):
        node = node.body
    return isinstance(node, Read)
