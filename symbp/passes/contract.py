"""Sums of products become matrix products, taken two factors at a time in the cheapest order.

``sum[i,j](x[n,i]*W[o,i,j]*z[n,j])`` is first (z, W) over j, then a sum over i.  A sum over a sum of products is taken
term by term; a sum whose factors all lie on the same axes stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Program,
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
)
from symbp.notation.expr import number
from symbp.passes.ledger import Choice, Setting, counted
from symbp.passes.orders import order_of
from symbp.passes.pricing import Pricing

ONE = number(1)


def contract(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Every sum of products with a better form rewritten."""
    choices: list[Choice] = []
    pricing, arrays = Pricing(setting, {o.node: o.layer for o in program.origins}), {a.name: a for a in program.arrays}
    statements = tuple(
        _Sums(pricing, arrays, s, choices).rewritten() if isinstance(s, Statement) else s for s in program.statements
    )
    changed = sum(a != b for a, b in zip(statements, program.statements, strict=True))
    did = f"products in {counted(changed, 'statement')}" if changed else ""
    return replace(program, statements=statements), did, tuple(choices)


@dataclass(frozen=True, slots=True)
class _Sums:
    """The sums in one statement; `choices` gains an entry for each that has several orders."""

    pricing: Pricing
    arrays: Mapping[str, Array]
    statement: Statement
    choices: list[Choice] = field(compare=False)

    def rewritten(self) -> Statement:
        value = mapped(self.statement.value, lambda n: self.contracted(n) if isinstance(n, Fold) else n)
        return replace(self.statement, value=value)

    def contracted(self, fold: Fold) -> Node:
        """A sum or mean in its cheapest form; other reductions as they are."""
        body = fold.body
        if fold.op not in ("sum", "mean"):
            return fold
        if isinstance(body, Apply) and body.function in ("add", "subtract") and _wide(body, fold.over):
            return replace(body, args=tuple(self.part(fold, t) for t in body.args))
        factors, scalar = factors_of(body)
        for i, factor in enumerate(factors if len(factors) > 1 else ()):
            if isinstance(factor, Apply) and factor.function in ("add", "subtract") and _wide(factor, fold.over):
                others = [*factors[:i], *factors[i + 1 :], Scalar(scalar)]
                terms = tuple(product_of([*others, t]) for t in factor.args)
                return self.contracted(replace(fold, body=replace(factor, args=terms)))
        if _is_outer(body, fold.over):
            if fold.op == "mean":
                scalar = product(scalar, *(power(size_expr(a.size), number(-1)) for a in fold.over))
            value = self.ordered(replace(fold, op="sum"), factors)
        elif scalar == ONE:
            return fold
        else:
            value = replace(fold, body=product_of(factors))
        return mapped(scaled(value, scalar), lambda n: n if n.equation else replace(n, equation=fold.equation))

    def part(self, fold: Fold, term: Node) -> Node:
        """One term of a sum that is summed: axes that the term does not have only count."""
        over = tuple(a for a in fold.over if a in axes_of(term))
        absent = [size_expr(a.size) for a in fold.over if a not in over]
        value = self.contracted(replace(fold, over=over, body=term)) if over else term
        return product_of([value, Scalar(product(*absent))]) if absent and fold.op == "sum" else value

    def ordered(self, fold: Fold, factors: list[Node]) -> Node:
        """The factors multiplied in the cheapest order."""
        node, choice = order_of(fold, factors, self.statement, self.pricing, self.arrays)
        if choice is not None:
            self.choices.append(choice)
        return node


def _wide(factor: Apply, over: Sequence[Axis]) -> bool:
    """Whether a sum has a term that is a product of arrays on different axes."""
    return any(
        _is_outer(t, over) or (isinstance(t, Apply) and t.function in ("add", "subtract") and _wide(t, over))
        for t in factor.args
    )


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
