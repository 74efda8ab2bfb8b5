"""Numbers folded: exact where they are rational, the same value always."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.lower.scalars import exact, folded, monomial, power, product, total
from symbp.lower.text import scalar_text
from symbp.notation.expr import Add, Call, Expr, Mul, Num, Pow, Sym, number

from .interpret import scalar

NAMES = {"n": 7.0, "lr": 0.3, "k": 5.0}
SYMBOLS: list[Expr] = [Sym("n", "size"), Sym("lr", "variable")]
NUMBERS = sorted({Fraction(p, q) for q in range(1, 7) for p in range(-3 * q, 3 * q + 1) if p})
LEAVES: list[Expr] = [*SYMBOLS * (len(NUMBERS) // 4), *map(Num, NUMBERS)]  # a third are symbols
STEPS = [("leaf", 0), *((name, count) for name in ("add", "multiply") for count in (2, 3))]
STEPS += [("power", exponent) for exponent in (2, -1, 1)]


def built(drawn: list[int]) -> Expr:
    """The expression of which each number drawn is a leaf, or an operation on the last expressions before it."""
    found: list[Expr] = []
    for k in drawn:
        step, count = STEPS[k % len(STEPS)]
        if step == "power" and found:
            found[-1] = Pow(found[-1], number(count))
        elif step in ("add", "multiply") and len(found) >= count:
            found[-count:] = [(Add if step == "add" else Mul)(tuple(found[-count:]))]
        else:
            found.append(LEAVES[k // len(STEPS) % len(LEAVES)])
    return found[0] if len(found) == 1 else Add(tuple(found))


# One flat list of numbers: trees that are drawn node by node take seconds where other work is done beside.
@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, len(STEPS) * len(LEAVES) - 1), min_size=1, max_size=16).map(built))
def test_folding_keeps_the_value(e: Expr) -> None:
    try:
        before = scalar(e, NAMES)
    except ZeroDivisionError:
        return
    try:
        after = folded(e)
    except ZeroDivisionError:
        return  # an exact zero in a denominator that floats only come near
    assert scalar(after, NAMES) == pytest.approx(before, rel=1e-9, abs=1e-9)


def test_normal_forms() -> None:
    n = Sym("n", "size")
    assert scalar_text(product(number(2), power(n, number(-1)), number("1/4"))) == "(1/2)*n**(-1)"
    assert scalar_text(power(number("9/10"), n)) == "(9/10)**n"
    assert total(n, product(number(-1), n)) == number(0)
    assert power(number("4/9"), number("1/2")) == number("2/3")
    assert monomial(product(number(3), n, n)) == (Fraction(3), ((n, Fraction(2)),))


def test_decimals_are_what_people_write() -> None:
    assert exact(0.1) == number("1/10")
    assert exact(1e-8) == number("1/100000000")


def test_functions_of_numbers_are_numbers() -> None:
    value = folded(Call("exp", (number(1),)))
    assert isinstance(value, Num) and float(value.value) == math.e
    assert folded(Sym("pi")) == exact(math.pi)
    assert folded(Call("max", (number(2), number(3)))) == number(3)
