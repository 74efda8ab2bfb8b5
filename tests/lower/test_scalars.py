"""Numbers folded: exact where they are rational, the same value always."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbp.lower.scalars import exact, folded, monomial, power, product, total
from symbp.lower.text import scalar_text
from symbp.notation.expr import Add, Call, Expr, Mul, Num, Pow, Sym, number

from .interpret import scalar

NAMES = {"n": 7.0, "lr": 0.3, "k": 5.0}
LEAVES = st.one_of(
    st.fractions(min_value=-3, max_value=3, max_denominator=6).filter(bool).map(Num),
    st.sampled_from([Sym("n", "size"), Sym("lr", "variable")]),
)


def grown(inside: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    some = st.lists(inside, min_size=2, max_size=3).map(tuple)
    powers = st.tuples(inside, st.sampled_from([2, -1, 1])).map(lambda p: Pow(p[0], number(p[1])))
    return st.one_of(some.map(Add), some.map(Mul), powers)


@given(st.recursive(LEAVES, grown, max_leaves=8))
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
