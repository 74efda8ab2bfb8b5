"""Polynomials of one value with the fewest multiplications: ``(z + z**3*c)*k`` is ``z*(z**2*(c*k) + k)``.

`np.power` with an integer exponent takes ten nanoseconds per number where a product takes a tenth of one: a power is
products of squares, and a sum of powers is taken by Horner's rule, in the square where all exponents are odd or even.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from symbp.lower.model import UPDATE, Apply, Node, Program, Scalar, Statement, factors_of, mapped, scaled, walk
from symbp.notation.expr import Num, number
from symbp.passes.ledger import counted

HIGHEST = 16  # the highest exponent that is multiplied out
POWER = 20  # what a call of `np.power` costs, in other calls


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Coefficients by exponent; `of` is None where there is only a constant."""

    of: Node | None
    terms: Mapping[int, Num]


def multiply_out(program: Program) -> tuple[Program, str]:
    """Integer powers and sums of them by products, each in the form with the fewest calls."""
    statements = tuple(
        replace(s, value=mapped(s.value, _cheaper)) if isinstance(s, Statement) and s.stage != UPDATE else s
        for s in program.statements
    )
    changed = sum(a != b for a, b in zip(statements, program.statements, strict=True))
    did = f"{counted(changed, 'statement')} by Horner's rule" if changed else ""
    return replace(program, statements=statements), did


def _cheaper(node: Node) -> Node:
    """The node, or an equal one that takes fewer calls."""
    if not isinstance(node, Apply):
        return node
    options = [node, *_by_horner(node), *_scalar_inside(node)]
    best = min(options, key=_calls)  # the first of equals, which is the node itself
    return best if best is node else mapped(best, lambda n: n if n.equation else replace(n, equation=node.equation))


def _calls(node: Node) -> int:
    """How many calls a value takes, equal ones once, a power counted by what it costs."""
    calls = {n for n in walk(node) if isinstance(n, Apply)}
    return sum(POWER if n.function == "power" else 1 for n in calls)


def _by_horner(node: Apply) -> list[Node]:
    found = polynomial(node)
    return [] if found is None or found.of is None or max([0, *found.terms]) < 2 else [horner(found)]


def _scalar_inside(node: Apply) -> list[Node]:
    """A product whose number is multiplied into the coefficients of one of its factors."""
    if node.function != "multiply" or not isinstance(node.args[1], Scalar) or not isinstance(node.args[1].value, Num):
        return []
    by, (factors, scalar) = node.args[1].value.value, factors_of(node.args[0])
    options: list[Node] = []
    for factor in factors if scalar == number(1) else ():
        found = polynomial(factor) if isinstance(factor, Apply) else None
        if found is not None and found.of is not None and len(found.terms) > 1:
            inside = horner(Polynomial(found.of, {e: Num(c.value * by) for e, c in found.terms.items()}))
            options.append(exchanged(node.args[0], factor, inside))
    return options


def exchanged(chain: Node, factor: Node, by: Node) -> Node:
    """A product with another node in the place of one of its factors, once; the product itself where it lacks it."""
    if chain is factor:
        return by
    if isinstance(chain, Apply) and chain.function in ("multiply", "negative"):
        for k, arg in enumerate(chain.args):
            new = exchanged(arg, factor, by)
            if new is not arg:
                return replace(chain, args=(*chain.args[:k], new, *chain.args[k + 1 :]))
    return chain


# ---- reading ----


def polynomial(node: Node) -> Polynomial | None:
    """The node as a polynomial of one value with numbers as coefficients; of a value itself ``1*z``."""
    found: Polynomial | None = None
    match node:
        case Scalar():
            return Polynomial(None, {0: node.value}) if isinstance(node.value, Num) else None
        case Apply(function="add" | "subtract", args=(a, b)):
            found = _sum(polynomial(a), polynomial(b), 1 if node.function == "add" else -1)
        case Apply(function="negative", args=(a,)):
            found = _sum(Polynomial(None, {}), polynomial(a), -1)
        case Apply(function="multiply", args=(a, b)):
            found = _product(polynomial(a), polynomial(b))
        case Apply(function="square", args=(a,)):
            found = _raised(polynomial(a), 2)
        case Apply(function="power", args=(a, Scalar(value=Num(value=exponent)))):
            whole = exponent.denominator == 1 and 1 < exponent <= HIGHEST
            found = _raised(polynomial(a), int(exponent)) if whole else None
    return found or Polynomial(node, {1: number(1)})


def _sum(a: Polynomial | None, b: Polynomial | None, sign: int) -> Polynomial | None:
    if a is None or b is None or (a.of is not None and b.of is not None and a.of != b.of):
        return None
    terms = {e: c.value for e, c in a.terms.items()}
    for e, c in b.terms.items():
        terms[e] = terms.get(e, number(0).value) + sign * c.value
    return Polynomial(a.of if a.of is not None else b.of, {e: Num(c) for e, c in sorted(terms.items()) if c})


def _product(a: Polynomial | None, b: Polynomial | None) -> Polynomial | None:
    """The product where one factor has a single term: sums are not multiplied out."""
    if a is None or b is None or (a.of is not None and b.of is not None and a.of != b.of):
        return None
    if min(len(a.terms), len(b.terms)) != 1 or max([*a.terms, 0]) + max([*b.terms, 0]) > HIGHEST:
        return None
    terms = {e + f: Num(c.value * d.value) for e, c in a.terms.items() for f, d in b.terms.items()}
    return Polynomial(a.of if a.of is not None else b.of, terms)


def _raised(a: Polynomial | None, exponent: int) -> Polynomial | None:
    """A power of a single term."""
    if a is None or a.of is None or len(a.terms) != 1:
        return None
    ((e, c),) = a.terms.items()
    return Polynomial(a.of, {e * exponent: Num(c.value**exponent)}) if e * exponent <= HIGHEST else None


# ---- writing ----


def horner(p: Polynomial) -> Node:
    """The value of a polynomial."""
    assert p.of is not None
    exponents = sorted(p.terms, reverse=True)
    if len(exponents) == 1:
        return scaled(_power(p.of, exponents[0]), p.terms[exponents[0]])
    step = 2 if len({e % 2 for e in exponents}) == 1 else 1
    last = exponents[-1] % step
    base: Node = Apply("square", (p.of,)) if step == 2 else p.of
    value: Node = Scalar(number(0))
    for e, below in pairwise([*exponents, last]):
        value = Scalar(p.terms[e]) if e == exponents[0] else Apply("add", (value, Scalar(p.terms[e])))
        value = _times(value, base, (e - below) // step)
    return Apply("multiply", (value, p.of)) if last else value


def _times(value: Node, base: Node, exponent: int) -> Node:
    """``value * base**exponent``."""
    if exponent == 0:
        return value
    factor = _power(base, exponent)
    return scaled(factor, value.value) if isinstance(value, Scalar) else Apply("multiply", (value, factor))


def _power(base: Node, exponent: int) -> Node:
    """A power by squares."""
    if exponent == 1:
        return base
    half = _power(base, exponent // 2)
    even = Apply("square", (half,))
    return even if exponent % 2 == 0 else Apply("multiply", (even, base))
