"""Conditions and signs: normal forms, and what one says about another."""

import pytest

from symbp.derive.conditions import assume, positive_part, sign, within_conditions
from symbp.derive.rational import inverse, normal
from symbp.derive.terms import ONE, ZERO, number

from .build import X as INPUT
from .build import at, constant, derived, gradient, i

N, J = i("n"), i("j")
X, E = at("x", N, J), at("e", N, J, positive=True)
C = constant("c", positive=True)


def test_positive_factors_do_not_matter():
    assert positive_part(X.scaled(3)) == positive_part(X)
    assert positive_part(X * C) == positive_part(X)
    assert positive_part(X * constant("d")) != positive_part(X)


def test_what_is_known_is_decided():
    assert positive_part(E + ONE) == ONE
    assert positive_part(-E) == ZERO
    assert positive_part(ZERO) == ZERO
    assert positive_part(X * X + ONE) == ONE


def test_a_condition_in_a_condition_is_decided_first():
    """[min(1, x) > -1] = [x > -1]: where x < 1 it is [x > -1], elsewhere it holds."""
    low = positive_part(ONE - X)
    clipped = ONE + (X - ONE) * low
    found = positive_part(clipped + ONE)
    assert normal(found * low) == normal(low * positive_part(X + ONE))


def test_a_stronger_condition_decides_weaker_ones():
    c = positive_part(X).single
    assert assume(positive_part(X + ONE), c, True) == ONE
    assert assume(positive_part(-X), c, True) == ZERO
    assert assume(positive_part(X - ONE), c, False) == ZERO
    assert assume(positive_part(ONE - X), c, False) == ONE
    assert assume(positive_part(X - ONE), c, True) == positive_part(X - ONE)
    assert assume(positive_part(-X), c, False) == positive_part(-X)  # x may be 0


def test_signs_under_a_condition():
    assert assume(sign(X), positive_part(X).single, True) == ONE
    assert assume(sign(X), positive_part(-X).single, True) == -ONE
    assert assume(sign(X), positive_part(X).single, False) == sign(X)


def test_signs_have_one_form():
    assert sign(-X) == -sign(X)
    assert sign(X.scaled(2)) == sign(X)
    assert sign(number(-3)) == -ONE
    assert sign(ZERO) == ZERO


def test_a_denominator_knows_the_conditions_of_its_term():
    c = positive_part(X)
    below = inverse(E * c + ONE - c)
    assert normal(within_conditions(c * below)) == c * inverse(E)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("max(0, x[n,j])", "dy[n,j]*[y[n,j] > 0]"),
        ("max(x[n,j], 0)", "dy[n,j]*[x[n,j] >= 0]"),
        ("min(x[n,j], 0)", "dy[n,j]*[x[n,j] <= 0]"),
        ("abs(x[n,j])", "dy[n,j]*sign(x[n,j])"),
        ("x[n,j]*[x[n,j] > 0] - x[n,j]*[x[n,j] < 0]", "dy[n,j]*sign(x[n,j])"),
        ("max(-1, min(1, x[n,j]))", "dy[n,j]*[x[n,j] > -1]*[x[n,j] < 1]"),
        ("where(x[n,j] > 0, x[n,j]**2, 0)/2", "dy[n,j]*max(0, x[n,j])"),
        ("where(abs(x[n,j]) > 1, abs(x[n,j]) - 1/2, x[n,j]**2/2)", "dy[n,j]*max(-1, min(x[n,j], 1))"),
        ("max(0, x[n,j] - 1) + min(0, x[n,j] + 1)", "dy[n,j]*[abs(x[n,j]) > 1]"),
        ("x[n,j]/(1 + abs(x[n,j]))", "dy[n,j]/(1 + abs(x[n,j]))**2"),
        ("where(x[n,j] > 0, x[n,j], 3*x[n,j])", "dy[n,j]*where(y[n,j] > 0, 1, 3)"),
        ("where(x[n,j] > 0, x[n,j], -3*x[n,j])", "dy[n,j]*where(x[n,j] > 0, 1, -3)"),
    ],
)
def test_pieces_in_their_normal_form(formula, expected):
    assert gradient(derived(f"y[n,j] = {formula}", INPUT), "x") == expected


def test_two_pieces_of_one_function_are_one_function():
    """max(u, 0) + log1p(exp(-|u|)) is smooth: at 0 its derivative is 1/2, which max and |u| alone do not give."""
    form = derived("y[n,j] = max(x[n,j], 0) + log1p(exp(-abs(x[n,j])))", INPUT)
    assert "where" not in gradient(form, "x")
    assert "sign" not in gradient(form, "x")


@pytest.mark.parametrize("formula", ["exp(-abs(x[n,j]))", "x[n,j] + exp(-abs(x[n,j]))"])
def test_a_kink_stays_a_kink(formula):
    assert "sign" in gradient(derived(f"y[n,j] = {formula}", INPUT), "x")


def test_where_is_written_where_the_other_branch_divides_by_zero():
    """0 * 1/0 is not 0."""
    form = derived("y[n,j] = where(x[n,j] > 0, log(x[n,j]), 0)", INPUT)
    assert gradient(form, "x") == "where(x[n,j] > 0, dy[n,j]/x[n,j], 0)"
