"""What a layer divides by, where sizes alone tell it: such as T - 1, which is 0 for one step."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm

from symbp.graph.findings import Findings
from symbp.graph.linear import Linear, value_of
from symbp.graph.model import Axis, Divisor, Graph, Node
from symbp.graph.site import Site
from symbp.notation.expr import Add, Call, Equation, Expr, Mul, Num, Pow, Sym, walk
from symbp.notation.text import text
from symbp.notation.traverse import replace_symbols

SCALAR = (Add, Call, Mul, Num, Pow, Sym)


def check_divisors(site: Site, node: Node, findings: Findings) -> None:
    """Reports what is divided by and 0 with the sizes of this node."""
    unit = node.unit
    every = (*unit.plain, *unit.safe, *unit.inference, *unit.before, *unit.after)
    for divisor, value in _divisors(node, every):
        if value == Linear(Fraction(0)):
            sizes = dict(node.sizes)
            names = dict.fromkeys(e.name for e in walk(divisor) if isinstance(e, Sym) and e.name in sizes)
            known = " and ".join(f"{name} is {sizes[name]}" for name in names)
            findings.add("E314", f"{site} divides by {text(divisor)}, which is 0 here", site.trail, known)
            return


def free_divisors(graph: Graph) -> tuple[Divisor, ...]:
    """What new values of states are divided by, and is 0 at some sizes of a call beside the number of samples."""
    batch = graph.tensor(graph.inputs[0]).axes[0].symbol.name
    found: dict[str, Divisor] = {}
    for node in graph.nodes:
        for _, value in _divisors(node, (*node.unit.before, *node.unit.after)):
            if value.free and batch not in value.free and value.number < 0:
                whole = lcm(value.number.denominator, *(c.denominator for c in value.free.values()))
                sizes = tuple((name, int(c * whole)) for name, c in value.free.items())
                found.setdefault(value.text(), Divisor(node.name, value.text(), sizes, int(-value.number * whole)))
    return tuple(found.values())


def _divisors(node: Node, equations: tuple[Equation, ...]) -> Iterator[tuple[Expr, Linear]]:
    """The divisors in equations of a node that are formulas of sizes and keys, with their values, if linear."""
    free = dict(node.named)
    axes = {name: Axis("", Sym(free.get(name, name), "size"), size) for name, size in node.sizes}
    keys = {name: Num(Fraction(str(value))) for name, value in node.constants}
    for equation in equations:
        for e in walk(equation.rhs):
            if isinstance(e, Pow) and isinstance(e.exponent, Num) and e.exponent.value < 0:
                base = replace_symbols(e.base, keys)
                of_sizes = all(isinstance(part, SCALAR) and _known(part, axes) for part in walk(base))
                value = _value(base, axes) if of_sizes else None
                if value is not None:
                    yield e.base, value


def _known(e: Expr, axes: dict[str, Axis]) -> bool:
    return not isinstance(e, Sym) or e.name in axes


def _value(e: Expr, axes: dict[str, Axis]) -> Linear | None:
    try:
        return value_of(e, axes)
    except (ArithmeticError, ValueError):
        return None
