"""Derivatives and inverses of one function: against 30 digits of mpmath, and in the form that the engine wants."""

from fractions import Fraction

import mpmath
import pytest

from symbp.derive.calculus import ARGUMENT, CONSTANT, RESULT, constant_value, inverted, slope
from symbp.derive.terms import ONE, number, of
from symbp.notation.functions import FUNCTIONS

POINTS = {"log1p": (-0.4, 2.0), **dict.fromkeys(("log", "pow:1/2", "pow:-1/2", "pow:2/3"), (0.3, 2.0))}
PIECES = {"abs", "sign", "max", "min", "where"}
SMOOTH = sorted({f for f, d in FUNCTIONS.items() if not d.whole} - PIECES - CONSTANT - {"sqrt"} | set(POINTS))

VALUES = {
    "sigmoid": lambda v: 1 / (1 + mpmath.exp(-v)),
    "softplus": lambda v: mpmath.log(1 + mpmath.exp(v)),
    "expm1": mpmath.expm1,
    "log1p": mpmath.log1p,
}


def function(name):
    if name.startswith("pow:"):
        exponent = mpmath.mpf(name[4:].split("/")[0]) / int(name[4:].split("/")[1])
        return lambda v: v**exponent
    return VALUES.get(name) or getattr(mpmath, name)


def evaluate(p, w, y):
    """A polynomial over ARGUMENT, RESULT and functions of them."""
    total = mpmath.mpf(0)
    for m, c in p.terms.items():
        term = mpmath.mpf(c.numerator) / c.denominator
        for a, e in m:
            term *= atom_value(a, w, y) ** e
        total += term
    return total


def atom_value(a, w, y):
    if a is ARGUMENT:
        return w
    if a is RESULT:
        return y
    if a.kind == "kernel":
        return function(a.name)(evaluate(a.polys[0], w, y))
    if a.kind == "group":
        return evaluate(a.polys[0], w, y)
    if a.kind == "root":
        return evaluate(a.polys[0], w, y) ** (mpmath.mpf(a.data[0].numerator) / a.data[0].denominator)
    assert a.name == "pi"
    return mpmath.pi


@pytest.mark.parametrize("name", SMOOTH)
def test_the_slope_is_the_derivative(name):
    with mpmath.workdps(30):
        for point in POINTS.get(name, (-1.3, 0.0, 0.7)):
            w = mpmath.mpf(point)
            expected = mpmath.diff(function(name), w)
            assert abs(evaluate(slope(name), w, function(name)(w)) - expected) < mpmath.mpf(10) ** -12


Y = of(RESULT)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("tanh", ONE - Y * Y),
        ("sigmoid", Y - Y * Y),
        ("exp", Y),
        ("expm1", Y + ONE),
        ("log", of(ARGUMENT, -1)),
        ("pow:1/2", of(RESULT, -1).scaled(Fraction(1, 2))),
        ("pow:-1/2", (Y * Y * Y).scaled(Fraction(-1, 2))),
    ],
)
def test_slopes_in_the_functions_own_value(name, form):
    assert slope(name) == form


@pytest.mark.parametrize("name", ["log", "log1p", "pow:1/2", "pow:-1/2"])
def test_inverses_go_back(name):
    with mpmath.workdps(30):
        w = mpmath.mpf("0.7")
        assert abs(evaluate(inverted(name), None, function(name)(w)) - w) < mpmath.mpf(10) ** -25


@pytest.mark.parametrize("name", ["exp", "tanh", "erf", "pow:2/3"])
def test_no_inverse_that_is_no_rational_function(name):
    assert inverted(name) is None


def test_numbers_of_functions_are_exact_where_they_are_rational():
    assert constant_value("exp", number(0)) == ONE
    assert constant_value("tanh", number(0)) == number(0)
    assert constant_value("exp", number(1)) is None
