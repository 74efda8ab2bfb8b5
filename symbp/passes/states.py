"""Optimiser states kept in the units in which a step takes the fewest calls.

A mean ``m = b*m + (1 - b)*g`` needs a pass over all weights for the factor of the gradient; ``m/(1 - b)`` is the sum
``s = b*s + g``, and the factor meets other numbers where m is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice, product

from symbp.lower.model import (
    UPDATE,
    Apply,
    Node,
    Program,
    Read,
    Scalar,
    Statement,
    Step,
    axes_of,
    mapped,
    power,
    reads,
    scaled,
    terms_of,
    walk,
)
from symbp.notation.expr import Expr, Num, number
from symbp.passes.factors import gathered, pulled

ONE = number(1)
MOST = 64  # combinations of units that are tried


def choose_units(program: Program) -> tuple[Program, str]:
    """States of the optimiser in other units, numbers pulled out of its sums, roots and divisors: the fewest calls."""
    update, states = program.plain(UPDATE), _candidates(program)
    best = _Choice(_calls(update), 0, {}, update)
    for units in islice(product(*states.values()), MOST):
        chosen = {name: unit for name, unit in zip(states, units, strict=True) if unit != ONE}
        changed = _in_units(update, chosen)
        best = min(best, _Choice(_calls(changed), len(chosen), chosen, changed), key=lambda c: (c.calls, c.changed))
    done = iter(best.statements)
    every = (next(done) if s.stage == UPDATE else s for s in program.statements)
    statements: tuple[Step, ...] = tuple(s for s in every if s.stage != UPDATE or not _keeps(s))
    decaying = {s.target for s in update if _decays(s)}
    arrays = tuple(
        replace(a, unit=_value(best.units.get(a.name, ONE)), decays=a.name in decaying) if a.name in states else a
        for a in program.arrays
    )
    did = f"{best.calls} calls instead of {_calls(update)}" if best.calls < _calls(update) else ""
    return replace(program, arrays=arrays, statements=statements), did


@dataclass(frozen=True, slots=True)
class _Choice:
    calls: int
    changed: int
    units: dict[str, Expr]
    statements: tuple[Statement, ...]


def _keeps(s: Step) -> bool:
    """Whether a statement leaves an array as it is: a decay by 0."""
    return isinstance(s, Statement) and isinstance(s.value, Read) and s.value.name == s.target


def _value(unit: Expr) -> float:
    return float(unit.value) if isinstance(unit, Num) else 1.0


def _candidates(program: Program) -> dict[str, list[Expr]]:
    """For each state the numbers that it may be kept in multiples of: 1, and those found in sums that decay.

    A state without such a sum of its own (a maximum of another) may follow any of the others.
    """
    own: dict[str, Expr] = {}
    update = program.plain(UPDATE)
    states = [a.name for a in program.arrays if a.kind == "state" and a.name in {s.target for s in update}]
    for name in states:
        made = [s for s in update if s.target == name]
        if len(made) == 1 and not made[0].where:
            own[name] = _factor_beside(made[0])
    own = {name: unit for name, unit in own.items() if unit != ONE}
    every = list(dict.fromkeys(own.values()))
    once = [name for name in states if sum(s.target == name for s in update) == 1]
    return {name: [ONE, own[name]] if name in own else [ONE, *every] for name in once}


def _decays(s: Statement) -> bool:
    """Whether a state is what it was times a number below 1, and something else."""
    terms = map(pulled, terms_of(s.value))
    own = [factor for part, factor in terms if isinstance(part, Read) and part.name == s.target]
    return len(own) == 1 and isinstance(own[0], Num) and 0 < own[0].value < 1


def _factor_beside(s: Statement) -> Expr:
    """b of ``s = a*s + b*x``, a positive number that no step changes; otherwise 1."""
    terms = terms_of(s.value)
    others = [t for t in terms if s.target not in reads(t)]
    if len(terms) != 2 or len(others) != 1:
        return ONE
    factor = pulled(others[0])[1]
    return factor if isinstance(factor, Num) and factor.value > 0 else ONE


def _in_units(update: tuple[Statement, ...], units: dict[str, Expr]) -> tuple[Statement, ...]:
    """The statements for states that are kept as these multiples."""

    def change(node: Node) -> Node:
        unit = units.get(node.name, ONE) if isinstance(node, Read) else ONE
        return node if unit == ONE else scaled(node, unit)

    return tuple(_in_unit(replace(s, value=mapped(s.value, change)), units.get(s.target, ONE)) for s in update)


def _in_unit(s: Statement, unit: Expr) -> Statement:
    if not s.axes or s.accumulate:
        return s
    if unit == ONE:
        return replace(s, value=gathered(s.value))
    inverse = Scalar(power(unit, number(-1)))
    parts = (Apply("multiply", (t, inverse)) for t in terms_of(s.value))
    value = next(parts)
    for part in parts:
        value = Apply("add", (value, part))
    return replace(s, value=gathered(value))


def _calls(statements: tuple[Statement, ...]) -> int:
    """How many calls on all weights the statements take: a division is one."""
    count = 0
    for s in statements:
        for node in walk(s.value) if s.axes else ():
            if isinstance(node, Apply) and axes_of(node):
                count += 1 - _divides(node)
    return count


def _divides(node: Apply) -> bool:
    """Whether a product has one inverse, which is then no call of its own."""
    inverse = [isinstance(a, Apply) and a.function == "reciprocal" for a in node.args]
    return node.function == "multiply" and sum(inverse) == 1
