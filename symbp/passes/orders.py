"""The order in which the factors of a sum are multiplied: two at a time, each axis summed once no other factor has it.

Of up to four factors every order is priced; of more, each next pair is the cheapest one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from symbp.lower.model import Apply, Array, Axis, Fold, Node, Product, Read, Statement, axes_of, mapped, merged
from symbp.passes.ledger import Choice, cheapest
from symbp.passes.pricing import Pricing
from symbp.passes.split import is_leaf

Order = tuple[Axis, ...]
ALL_ORDERS = 4  # factors
SHOWN = 6  # candidates of a choice, the cheapest ones


@dataclass(frozen=True, slots=True)
class _Part:
    """A product of some of the factors, already summed where possible, and its seconds; `text` is for people."""

    node: Node
    axes: frozenset[Axis]
    text: str
    seconds: float


def order_of(
    fold: Fold, factors: Sequence[Node], s: Statement, pricing: Pricing, arrays: Mapping[str, Array]
) -> tuple[Node, Choice | None]:
    """The sum over the factors, which stands in a statement, by the cheapest products; and the choice if there was one.

    What computes a factor is the same in every order, and does not count.
    """
    orders = _Orders(fold, s, pricing, dict(arrays))
    found = orders.all([orders.alone(factors, i) for i in range(len(factors))])
    found.sort(key=lambda part: part.seconds)
    best = {part.text: part.seconds for part in reversed(found)}
    node = mapped(found[0].node, lambda n: orders.named.get(n.name, n) if isinstance(n, Read) else n)
    if len(best) < 2:
        return node, None
    candidates = tuple((text, best[text]) for text in dict.fromkeys(part.text for part in found))[:SHOWN]
    return node, cheapest(f"order of the products in {s.target}", candidates, "the least time together")


@dataclass(slots=True)
class _Orders:
    """The orders of multiplying the factors of one sum; those that are no arrays go by names of their own."""

    fold: Fold
    statement: Statement
    pricing: Pricing
    arrays: dict[str, Array]
    named: dict[str, Node] = field(default_factory=dict)

    def all(self, parts: list[_Part]) -> list[_Part]:
        """All products of the parts, one for each order."""
        if len(parts) == 1:
            return parts
        made = []
        for i, j in combinations(range(len(parts)), 2):
            rest = [*parts[:i], *parts[i + 1 : j], *parts[j + 1 :]]
            joined = self.joined(parts[i], parts[j], rest)
            more = joined.seconds - parts[i].seconds - parts[j].seconds
            made.append((more, [*parts[:i], joined, *parts[i + 1 : j], *parts[j + 1 :]]))
        if len(parts) > ALL_ORDERS:
            made = [min(made, key=lambda item: item[0])]
        return [part for _, left in made for part in self.all(left)]

    def alone(self, factors: Sequence[Node], i: int) -> _Part:
        """One factor, summed over the axes that no other one has."""
        factor, own = factors[i], axes_of(factors[i])
        elsewhere = set(merged(axes_of(f) for f in (*factors[:i], *factors[i + 1 :])))
        over = tuple(a for a in self.fold.over if a in own and a not in elsewhere)
        text = factor.name if isinstance(factor, Read) else f"factor {i + 1}"
        if not is_leaf(factor):
            self.named[text], self.arrays[text] = factor, Array(text, tuple(a.size for a in own))
            factor = Read(text, own)
        node = Fold("sum", over, factor) if over else factor
        return self.part(node, frozenset(own) - frozenset(over), text)

    def joined(self, a: _Part, b: _Part, rest: Sequence[_Part]) -> _Part:
        """The product of two parts, summed over the axes that are done with then."""
        elsewhere = frozenset[Axis]().union(*(p.axes for p in rest))
        over = tuple(x for x in self.fold.over if x in a.axes | b.axes and x not in elsewhere)
        node: Node
        if not over:
            node = Apply("multiply", (a.node, b.node))
        elif _elementwise(a, b, over):
            node = Fold("sum", over, Apply("multiply", (a.node, b.node)))
        else:
            node = Product(a.node, b.node, over)
        return self.part(node, (a.axes | b.axes) - frozenset(over), f"({a.text} {b.text})")

    def part(self, node: Node, axes: frozenset[Axis], text: str) -> _Part:
        """A product with its seconds: the last one as the statement wants its axes."""
        own, wanted = axes_of(node), self.statement.axes
        order = wanted if set(wanted) == set(own) else own
        s = replace(self.statement, axes=order, value=node, accumulate=False)
        calls = {} if is_leaf(node) else self.pricing.calls([s], self.arrays)
        steps = self.pricing.setting.steps(s.loop)
        return _Part(node, axes, text, steps * math.fsum(calls.values()))


def _elementwise(a: _Part, b: _Part, over: Order) -> bool:
    """Whether no axis is one part's alone, and one is kept: a multiplication and a sum."""
    return bool((a.axes & b.axes) - frozenset(over)) and a.axes | b.axes in (a.axes, b.axes)
