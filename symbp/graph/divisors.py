"""What a layer divides by, where sizes alone tell it: such as T - 1, which is 0 for one step."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isfinite, lcm

from symbp.graph.findings import Findings
from symbp.graph.linear import Linear, value_of
from symbp.graph.model import Axis, Divisor, Graph, Node
from symbp.graph.site import Site
from symbp.notation.evaluate import evaluate
from symbp.notation.expr import Add, Call, Equation, Expr, Mul, Num, Pow, Sym, walk
from symbp.notation.text import text
from symbp.notation.traverse import replace_symbols

SCALAR = (Add, Call, Mul, Num, Pow, Sym)


def check_divisors(site: Site, node: Node, findings: Findings) -> None:
    """Reports what has no value with the sizes and keys of this node: a division by 0, the logarithm of 0."""
    sizes, unit = dict(node.sizes), node.unit
    for divisor, value in _divisors(node, (*unit.plain, *unit.safe, *unit.inference, *unit.before, *unit.after)):
        if value == Linear(Fraction(0)):
            said = _said(divisor, sizes)
            message = f"{site} divides by {text(divisor)}{', which is 0 here' if said else ''}"
            findings.add("E314", message, site.trail, said)
            return
    known = {name: Num(Fraction(size)) for name, size in sizes.items() if size is not None} | _keys(node)
    for equation in unit.safe:
        for e in walk(equation.rhs):
            if isinstance(e, Call | Pow) and not _finite(e, known):
                message = f"{site} computes {text(e)}, which is no finite number here"
                findings.add("E314", message, site.trail, _said(e, sizes))
                return


def _said(e: Expr, sizes: dict[str, int | None]) -> str:
    """The sizes that a formula reads: "I is 1 and J is 2"."""
    names = dict.fromkeys(part.name for part in walk(e) if isinstance(part, Sym) and part.name in sizes)
    return " and ".join(f"{name} is {sizes[name]}" for name in names)


def _finite(e: Expr, known: dict[str, Num]) -> bool:
    """Whether a formula of numbers has a finite value; one with other names may have."""
    if not all(isinstance(part, SCALAR) for part in walk(e)):
        return True
    try:
        return isfinite(evaluate(replace_symbols(e, known), {}))
    except (KeyError, TypeError):
        return True
    except (ArithmeticError, ValueError):
        return False


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
    keys = _keys(node)
    for equation in equations:
        for e in walk(equation.rhs):
            base = replace_symbols(found, keys) if (found := _divisor(e)) is not None else None
            of_sizes = base is not None and all(isinstance(p, SCALAR) and _known(p, axes) for p in walk(base))
            value = _value(base, axes) if base is not None and of_sizes else None
            if found is not None and value is not None:
                yield found, value


def _divisor(e: Expr) -> Expr | None:
    """What an expression divides by."""
    if isinstance(e, Pow) and isinstance(e.exponent, Num) and e.exponent.value < 0:
        return e.base
    return e.args[1] if isinstance(e, Call) and e.function in ("floordiv", "mod") else None


def _keys(node: Node) -> dict[str, Num]:
    return {name: Num(Fraction(str(value))) for name, value in node.constants}


def _known(e: Expr, axes: dict[str, Axis]) -> bool:
    return not isinstance(e, Sym) or e.name in axes


def _value(e: Expr, axes: dict[str, Axis]) -> Linear | None:
    try:
        return value_of(e, axes)
    except (ArithmeticError, ValueError):
        return None
