"""The order of axes in which the operands of a product lie, so that it is one matrix product, or a stack of them.

The axes of a product are those that both operands have and that stay (they count the matrices of a stack), the rows of
the left operand, the columns of the right one, and those that are summed over.  An operand is a matrix as it lies if
its rows lie together and what is summed lies together, one of them last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbp.lower.model import Axis, Flat, Fold, Node, OneHot, Pick, Product, Read, Window, axes_of, merged, strided
from symbp.passes.ledger import default_setting

Order = tuple[Axis, ...]


def lies_well(node: Product, order: Order) -> bool:
    """Whether a product without a stack needs nothing turned: flattened matrices, or a matrix times each of a stack."""
    left, right = axes_of(node.left), axes_of(node.right)
    if set(left) & set(right) - set(node.over):
        return False
    sides = ((left, right), (right, left))
    return any(form(a, b, node.over, order) for a, b in sides for form in (_is_dot, _broadcasts))


def _is_dot(a: Order, b: Order, over: Sequence[Axis], order: Order) -> bool:
    rows, columns = tuple(x for x in a if x not in over), tuple(x for x in b if x not in over)
    if order != (*rows, *columns):
        return False
    both = (tuple(x for x in side if x in over) for side in (a, b))
    return any(
        a in ((*rows, *summed), (*summed, *rows)) and b in ((*summed, *columns), (*columns, *summed)) for summed in both
    )


def _broadcasts(a: Order, b: Order, over: Sequence[Axis], order: Order) -> bool:
    rows = tuple(x for x in a if x not in over)
    if len(over) != 1 or len(rows) != 1 or len(b) < 3 or b[-2] != over[0]:
        return False
    return order == (*b[:-2], rows[0], b[-1])


@dataclass(frozen=True, slots=True)
class Groups:
    """The axes of a product by their part in it, each group in the order that all operands and the result share."""

    stack: Order
    rows: Order
    columns: Order
    over: Order


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The order of axes of both operands and of the result."""

    left: Order
    right: Order
    result: Order


def arranged(node: Product, order: Order) -> Arrangement:
    """How the operands should lie for a result with the axes in `order`.  An array that fits stays as it is."""
    groups = _groups(node, order)
    left = _operand(node.left, groups.stack, groups.rows, groups.over)
    right = _operand(node.right, groups.stack, groups.columns, groups.over)
    return Arrangement(left, right, _result(groups, order))


def _groups(node: Product, order: Order) -> Groups:
    left, right = axes_of(node.left), axes_of(node.right)
    wanted = (*order, *(a for a in (*left, *right) if a not in order))
    stack = tuple(a for a in wanted if a in left and a in right and a not in node.over)
    rows = _own(node.left, [a for a in wanted if a in left and a not in right])
    columns = _own(node.right, [a for a in wanted if a in right and a not in left])
    over = _shared(node, [a for a in left if a in node.over])
    return Groups(stack, rows, columns, over)


def _own(node: Node, axes: Sequence[Axis]) -> Order:
    """Axes that one operand has: as they lie in an array that has them together, else as the result wants them."""
    if isinstance(node, Window):
        places = dict(node.at)
        own = (places[a].axes if a in places else (a,) for a in axes_of(node.source))
        return tuple(a for a in merged(own) if a in axes)
    if isinstance(node, Read) and together(node.axes, axes):
        return tuple(a for a in node.axes if a in axes)
    return tuple(axes)


def _shared(node: Product, natural: Sequence[Axis]) -> Order:
    """The order of what is summed: that of an array that has these axes together, the larger one first."""
    arrays = [n for n in node.children if isinstance(n, Read)]
    for n in sorted(arrays, key=lambda n: -_places(n.axes)):
        if together(n.axes, natural):
            return tuple(a for a in n.axes if a in natural)
    first = arrays[0].axes if arrays else tuple(natural)
    return tuple(a for a in first if a in natural)


def _operand(node: Node, stack: Order, own: Order, over: Order) -> Order:
    if isinstance(node, Read) and fits(node.axes, own, over):
        return node.axes
    if isinstance(node, Read):
        last = node.axes[-1] if node.axes else None
        return (*stack, *over, *own) if last in own or not over else (*stack, *own, *over)
    return (*stack, *over, *own) if _goes_last(own, over) else (*stack, *own, *over)


def _goes_last(own: Order, over: Order) -> bool:
    """Whether `own` should lie behind `over`: long runs are copied fast.  The same answer whoever is summed."""
    return _run(own) > _run(over)


def _run(axes: Order) -> tuple[int, int, str]:
    return (_places(axes[-1:]) if axes else 0, _places(axes), axes[-1].letter if axes else "")


def _places(axes: Order) -> int:
    """How many places axes have, as far as that decides how operands lie: alike for every setting.

    The pass that makes calls knows no setting: those that are priced for one are then those that are made.
    """
    return default_setting().extent(axes)


def _result(groups: Groups, order: Order) -> Order:
    wanted = tuple(a for a in order if a in (*groups.stack, *groups.rows, *groups.columns))
    if fits(wanted, groups.rows, groups.columns) and (groups.stack or _ends(wanted, groups)):
        return wanted
    if wanted and wanted[-1] in groups.rows:
        return (*groups.stack, *groups.columns, *groups.rows)
    return (*groups.stack, *groups.rows, *groups.columns)


def _ends(wanted: Order, groups: Groups) -> bool:
    return wanted in ((*groups.rows, *groups.columns), (*groups.columns, *groups.rows))


def fits(axes: Order, first: Order, second: Order) -> bool:
    """Whether an array is a matrix, or a stack of them, with `first` and `second` as rows and columns in any order."""
    if not (together(axes, first) and together(axes, second)):
        return False
    ends = (first[-1:], second[-1:])
    return tuple(a for a in axes if a in first) == first and tuple(a for a in axes if a in second) == second and (
        axes[-1:] in ends
    )


def together(axes: Order, group: Sequence[Axis]) -> bool:
    """Whether the axes of a group follow each other."""
    places = [k for k, a in enumerate(axes) if a in group]
    return not places or places[-1] - places[0] + 1 == len(places)


def comes_as(node: Node, order: Order) -> bool:
    """Whether a call can give its result with the axes in this order; a product may swap its factors."""
    if isinstance(node, Fold | Pick | OneHot | Flat):
        return axes_of(node) == order
    return not isinstance(node, Product) or order == result_order(node, order)


def result_order(node: Product, order: Order) -> Order:
    """The order of axes in which a product of arrays comes, as near to `order` as it can be."""
    found = strided(node)
    if found is not None:
        return found.order(order)
    natural = product_axes(node)
    if lies_well(node, order):
        return order
    if lies_well(node, natural) and natural[-1:] == order[-1:]:
        return natural
    result = arranged(node, order).result
    return result if lies_well(node, result) or not lies_well(node, natural) else natural


def product_axes(node: Product) -> Order:
    """The order of axes in which a product comes without turning anything: rows, then columns.

    Where the summed axis lies inside an array of three or more axes, those before it count the products.
    """
    left, right = (axes_of(n) for n in node.children)
    if len(node.over) == 1 and not set(left) & set(right) - set(node.over):
        for rows, stack in ((left, right), (right, left)):
            k = stack.index(node.over[0])
            if len(rows) == 2 and 0 < k == len(stack) - 2:
                return (*stack[:k], *(a for a in rows if a not in node.over), stack[-1])
    return axes_of(node)
