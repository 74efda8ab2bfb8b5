"""The value of a formula of sizes, some of which each call fixes: a number, and multiples of those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from symbp.graph.model import Axis
from symbp.notation.evaluate import exact_value
from symbp.notation.expr import Add, Call, Expr, Mul, Num, Sym, rebuild


@dataclass(frozen=True, slots=True)
class Linear:
    """A number and multiples of sizes that each call fixes."""

    number: Fraction
    free: Mapping[str, Fraction] = field(default_factory=dict)

    def plus(self, other: Linear) -> Linear:
        names = dict.fromkeys((*self.free, *other.free))
        total = {n: self.free.get(n, Fraction(0)) + other.free.get(n, Fraction(0)) for n in names}
        return Linear(self.number + other.number, {n: c for n, c in total.items() if c})

    def times(self, factor: Fraction) -> Linear:
        return Linear(self.number * factor, {n: c * factor for n, c in self.free.items() if factor})

    def text(self) -> str:
        """As users write it: 2*T + 1."""
        parts = [name if c == 1 else f"{c}*{name}" for name, c in self.free.items()]
        return " + ".join((*parts, *([str(self.number)] if self.number else []))).replace("+ -", "- ")


def value_of(node: Expr, axes: Mapping[str, Axis]) -> Linear | None:
    """The value of a formula of sizes; None where it is not linear in the free ones."""
    match node:
        case Num():
            return Linear(node.value)
        case Sym():
            axis = axes[node.name]
            return (
                Linear(Fraction(0), {axis.symbol.name: Fraction(1)})
                if axis.size is None
                else Linear(Fraction(axis.size))
            )
    found = [value_of(c, axes) for c in node.children]
    known = [f for f in found if f is not None]
    if len(known) < len(found):
        return None
    if not any(f.free for f in known):
        return Linear(exact_value(rebuild(node, tuple(Num(f.number) for f in known))))
    match node:
        case Add():
            total = Linear(Fraction(0))
            for f in known:
                total = total.plus(f)
            return total
        case Mul() if sum(bool(f.free) for f in known) == 1:
            total = next(f for f in known if f.free)
            for f in known:
                total = total if f.free else total.times(f.number)
            return total
        case Call(function="floor") if all(c.denominator == 1 for c in known[0].free.values()):
            return Linear(Fraction(floor(known[0].number)), known[0].free)
    return None
