"""The order in which the factors of a sum are multiplied: two at a time, each axis summed once no other factor has it.

Of up to four factors every order is priced; of more, each next pair is the cheapest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from symbp.lower.model import Apply, Axis, Fold, Node, Product, Read, Statement, axes_of, merged
from symbp.passes.ledger import Choice, Setting, cheapest

Order = tuple[Axis, ...]
ALL_ORDERS = 4  # factors
SHOWN = 6  # candidates of a choice, the cheapest ones


@dataclass(frozen=True, slots=True)
class _Part:
    """A product of some of the factors, already summed where possible; `text` says of which, for people."""

    node: Node
    axes: frozenset[Axis]
    text: str


@dataclass(frozen=True, slots=True)
class _Sum:
    """What is summed, and the order of the axes of the result."""

    over: Order
    order: Order
    setting: Setting


def order_of(fold: Fold, factors: Sequence[Node], s: Statement, setting: Setting) -> tuple[Node, Choice | None]:
    """The sum over the factors by the cheapest products, and the choice where there was one."""
    parts = [_alone(f, fold, (*factors[:i], *factors[i + 1 :]), i) for i, f in enumerate(factors)]
    found = _orders(parts, _Sum(fold.over, s.axes, setting))
    found.sort(key=lambda item: item[0])
    best = {part.text: seconds for seconds, part in reversed(found)}
    if len(best) < 2:
        return found[0][1].node, None
    candidates = tuple((text, best[text]) for text in dict.fromkeys(part.text for _, part in found))[:SHOWN]
    return found[0][1].node, cheapest(f"order of the products in {s.target}", candidates, "the least time together")


def _orders(parts: list[_Part], total: _Sum) -> list[tuple[float, _Part]]:
    """Every order of multiplying the parts, with its seconds."""
    if len(parts) == 1:
        return [(0.0, parts[0])]
    made = []
    for i, j in combinations(range(len(parts)), 2):
        rest = [*parts[:i], *parts[i + 1 : j], *parts[j + 1 :]]
        joined = _joined(parts[i], parts[j], rest, total)
        made.append(
            (_seconds(parts[i], parts[j], rest, total), [*parts[:i], joined, *parts[i + 1 : j], *parts[j + 1 :]])
        )
    if len(parts) > ALL_ORDERS:
        made = [min(made, key=lambda item: item[0])]
    return [(first + then, part) for first, left in made for then, part in _orders(left, total)]


def _alone(factor: Node, fold: Fold, others: Sequence[Node], i: int) -> _Part:
    own = axes_of(factor)
    elsewhere = set(merged(axes_of(o) for o in others))
    over = tuple(a for a in fold.over if a in own and a not in elsewhere)
    node = Fold("sum", over, factor) if over else factor
    return _Part(node, frozenset(own) - frozenset(over), factor.name if isinstance(factor, Read) else f"factor {i + 1}")


def _summed(a: _Part, b: _Part, rest: Sequence[_Part], total: _Sum) -> Order:
    """The axes that are done with once a and b are multiplied."""
    elsewhere = frozenset[Axis]().union(*(p.axes for p in rest))
    return tuple(x for x in total.over if x in a.axes | b.axes and x not in elsewhere)


def _joined(a: _Part, b: _Part, rest: Sequence[_Part], total: _Sum) -> _Part:
    over = _summed(a, b, rest, total)
    node: Node
    if not over:
        node = Apply("multiply", (a.node, b.node))
    elif _elementwise(a, b, over):
        node = Fold("sum", over, Apply("multiply", (a.node, b.node)))
    else:
        node = Product(a.node, b.node, over)
    return _Part(node, (a.axes | b.axes) - frozenset(over), f"({a.text} {b.text})")


def _elementwise(a: _Part, b: _Part, over: Order) -> bool:
    """Whether no axis is one part's alone, and one is kept: a multiplication and a sum."""
    return bool((a.axes & b.axes) - frozenset(over)) and a.axes | b.axes in (a.axes, b.axes)


def _seconds(a: _Part, b: _Part, rest: Sequence[_Part], total: _Sum) -> float:
    """The multiplication of two parts, and the turning of the last product where its axes are mixed up."""
    machine, over = total.setting.machine, frozenset(_summed(a, b, rest, total))

    def extent(axes: frozenset[Axis]) -> int:
        return total.setting.extent(tuple(axes))

    union = a.axes | b.axes
    if not over or _elementwise(a, b, tuple(over)):
        reduction = machine.reduce(extent(union), extent(over)) if over else 0.0
        return machine.elementwise(extent(union), 3) + reduction
    both = (a.axes & b.axes) - over
    seconds = machine.product(extent(a.axes - b.axes), extent(b.axes - a.axes), extent(over & a.axes), extent(both))
    turned = not rest and not _side_by_side(a, b, over, total.order)
    return seconds + (machine.copy(extent(union - over), 1) if turned else 0.0)


def _side_by_side(a: _Part, b: _Part, over: frozenset[Axis], order: Order) -> bool:
    """Whether the axes of the result are those of one factor and then those of the other: nothing must be turned."""
    owners = ["a" if x in a.axes else "b" for x in order if x in (a.axes | b.axes) - over]
    return sum(first != second for first, second in pairwise(owners)) <= 1
