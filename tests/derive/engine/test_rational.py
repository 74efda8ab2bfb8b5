"""Cancelling, factoring and dividing, exactly."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.derive.parts import ratio
from symbp.derive.rational import derivative, factors, inverse, normal, quotient
from symbp.derive.terms import ONE, ZERO, Poly, UndefinedError, number, of, product

from .build import at, i

N = i("n")
A, B, C, D = (at(name, N) for name in "abcd")


def polynomials(atoms=(A, B, C), most=3):
    powers = st.tuples(*(st.integers(0, 2) for _ in atoms))
    terms = st.lists(st.tuples(powers, st.integers(-3, 3)), min_size=1, max_size=most)

    def build(rows):
        out = ZERO
        for exponents, c in rows:
            out = out + product(a**e for a, e in zip(atoms, exponents, strict=True)).scaled(c)
        return out

    return terms.map(build)


def rebuilt(p):
    c, m, parts = factors(p)
    return Poly({m: 1}).scaled(c) * product(q**e for q, e in parts)


@settings(max_examples=60, deadline=None)
@given(polynomials(), polynomials())
def test_factors_multiply_to_the_polynomial(p, q):
    whole = p * q
    if whole.terms:
        assert rebuilt(whole) == whole


@settings(max_examples=60, deadline=None)
@given(polynomials(), polynomials())
def test_a_product_divides_by_its_factor(p, q):
    if len(q.terms) > 1 and p.terms:
        assert quotient(p * q, q) == p


@settings(max_examples=40, deadline=None)
@given(polynomials(), polynomials(), polynomials())
def test_a_quotient_has_one_normal_form(p, q, r):
    """p/q + r and (p + r*q)/q are the same polynomial, term by term."""
    if q.terms:
        assert normal(p * inverse(q) + r) == normal((p + r * q) * inverse(q))


def test_what_does_not_divide_gives_none():
    assert quotient(A * A + B, A + B) is None
    assert quotient(A, A + B) is None


def test_a_factor_keeps_its_sign():
    """(1 - a)(b - c): the quotient of a primitive polynomial may start with a minus sign."""
    p = (ONE - A) * (B - C)
    assert rebuilt(p) == p
    assert rebuilt(-p * (B - D)) == -p * (B - D)


def test_a_denominator_multiplied_out_leaves_no_factor_behind():
    """a - 8a/(cd + 8) is acd/(cd + 8): the numerator has factors that no term had before."""
    below = inverse(C * D + number(8))
    p = A - A.scaled(8) * below
    c, m, parts = factors(p)
    assert not parts
    assert Poly({m: 1}).scaled(c) == A * C * D * below


@pytest.mark.parametrize("p", [A * A - ONE, A**4 - number(16), A.scaled(4) * A - B * B.scaled(9)])
def test_differences_of_squares_split(p):
    _, _, parts = factors(p)
    assert len(parts) > 1
    assert rebuilt(p) == p


@pytest.mark.parametrize("p", [A * A + ONE, A * A - number(2), A**3 + B, A + B])
def test_what_is_irreducible_stays(p):
    assert len(factors(p)[2]) == 1


def test_a_cancelled_fraction_has_no_denominator():
    assert normal((A + B) * inverse(A + B)) == ONE
    assert normal(A * inverse(A + B) + B * inverse(A + B)) == ONE


def test_dividing_by_zero_is_refused():
    with pytest.raises(UndefinedError):
        inverse(A - A)


def test_derivatives_go_into_denominators():
    found = normal(derivative(A * inverse(A + B), A.single))
    assert found == normal(B * inverse((A + B) ** 2))


def test_derivative_of_a_negative_power():
    assert derivative(of(A.single, -2), A.single) == of(A.single, -3).scaled(-2)


def test_ratios_are_monomials_or_nothing():
    assert ratio((A + B) * C.scaled(3), A + B) == C.scaled(3)
    assert ratio((A + B).scaled(-1), (A + B).scaled(2)) == number(Fraction(-1, 2))
    assert ratio(A + C, A + B) is None
