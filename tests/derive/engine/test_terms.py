"""Monomials under the relations of their atoms."""

from fractions import Fraction

import pytest

from symbp.derive.calculus import root
from symbp.derive.rational import inverse
from symbp.derive.terms import ONE, ZERO, UndefinedError, atom, number, of

from .build import at, constant, i

N, J = i("n"), i("j")
X, Y = at("x", N, J), at("y", N, J)


def positive(p):
    return of(atom("positive", (), (p,)))


def sign(p):
    return of(atom("sign", (), (p,)))


def test_equal_atoms_are_one_object():
    assert at("x", N, J).single is X.single
    assert at("x", N, i("j", "K")).single is not X.single


def test_an_index_of_the_same_name_and_another_size_is_another_index():
    assert i("k", "N") is not i("k", "J")
    assert (at("x", i("k", "N")) - at("x", i("k", "J"))).terms


def test_a_condition_is_its_own_square():
    assert positive(X) * positive(X) == positive(X)


def test_conditions_that_exclude_each_other_give_zero():
    assert positive(X) * positive(-X) == ZERO
    assert positive(X - ONE) * positive(-X - ONE) == ZERO
    assert positive(X + ONE) * positive(ONE - X) != ZERO


def test_the_stronger_condition_stays():
    assert positive(X) * positive(X - ONE) == positive(X - ONE)


def test_sign_beside_its_condition():
    assert sign(X) * positive(X) == positive(X)
    assert sign(X) * positive(-X) == -positive(-X)


def test_the_square_of_sign_is_one_only_beside_its_argument():
    assert sign(X) * sign(X) * X == X
    assert sign(X) * sign(X) != ONE


def test_dividing_by_a_condition_is_refused():
    with pytest.raises(UndefinedError):
        inverse(positive(X))


@pytest.mark.parametrize("base", [number(2), constant("c", True)])
def test_roots_come_to_whole_powers(base):
    half = root(base, Fraction(1, 2))
    assert half * half == base
    assert half * half * half == base * half
    assert half * inverse(half) == ONE


def test_a_root_of_a_number_is_split_into_primes():
    assert root(number(8), Fraction(1, 2)) == root(number(2), Fraction(1, 2)).scaled(2)
    assert root(number(Fraction(1, 4)), Fraction(1, 2)) == number(Fraction(1, 2))


def test_coefficients_stay_exact():
    third = X.scaled(Fraction(1, 3))
    assert third + third + third == X


def test_the_text_of_a_sum_does_not_depend_on_its_order():
    assert (X + Y).key == (Y + X).key
