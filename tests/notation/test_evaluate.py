"""Formulas without arrays: values, exactness, and errors."""

from __future__ import annotations

import math

import pytest

from symbp.notation.evaluate import constant_value, evaluate, integer_value
from symbp.notation.functions import FUNCTIONS
from symbp.notation.parser import parse
from symbp.notation.problems import FormulaErrors
from symbp.notation.scalar import scalar

VALUES = {
    "exp(1)": math.e,
    "expm1(1e-9)": math.expm1(1e-9),
    "log(2)": math.log(2),
    "log1p(1e-9)": math.log1p(1e-9),
    "sqrt(2)": math.sqrt(2),
    "sigmoid(-800)": 0.0,
    "sigmoid(800)": 1.0,
    "softplus(800)": 800.0,
    "softplus(0)": math.log(2),
    "tanh(1)": math.tanh(1),
    "sinh(1)": math.sinh(1),
    "cosh(1)": math.cosh(1),
    "sin(1)": math.sin(1),
    "cos(pi)": -1.0,
    "tan(1)": math.tan(1),
    "atan(1)": math.pi / 4,
    "erf(1/2)": math.erf(0.5),
    "abs(-3)": 3.0,
    "sign(-3) + 5*sign(0)": -1.0,
    "stop_gradient(2 - 5)": -3.0,
    "max(2, 3) - min(2, 3)": 1.0,
    "max(3, 2) - min(3, 2)": 1.0,
    "where(2 > 1, 5, 6) + where(1 >= 2, 10, 20)": 25.0,
    "[1 == 1] + [1 != 1] + [1 < 2] + [2 <= 1]": 2.0,
    "floor(-1/2)": -1.0,
    "7//2": 3.0,
    "floordiv(-7, 2)": -4.0,
    "mod(-7, 2)": 1.0,
    "7 % 3 + 1": 2.0,
    "2**10": 1024.0,
    "2**0.5": math.sqrt(2),
    "0.1 + 0.2": 0.3,
    "-2**2": -4.0,
    "9**9**2": 9.0**81,
}


@pytest.mark.parametrize("text", VALUES)
def test_value(text: str) -> None:
    assert evaluate(scalar(text), {}) == pytest.approx(VALUES[text], rel=1e-15, abs=1e-300)


def test_every_function_has_a_value() -> None:
    tried = "".join(VALUES)
    assert [name for name in FUNCTIONS if f"{name}(" not in tried] == []


def test_a_number_is_exact_as_long_as_it_is_rational() -> None:
    assert evaluate(scalar("0.1 + 0.2 - 0.3"), {}) == 0.0


def test_extents() -> None:
    extent = parse("(H + 2*a - d*(U - 1) - 1)//s + 1")
    assert integer_value(extent, {"H": 28, "a": 2, "d": 1, "U": 5, "s": 1}) == 28
    assert integer_value(extent, {"H": 28, "a": 0, "d": 1, "U": 2, "s": 2}) == 14
    assert integer_value(extent, {"H": 7, "a": 0, "d": 2, "U": 2, "s": 3}) == 2


def test_extent_that_is_no_integer() -> None:
    with pytest.raises(ValueError, match=r"2\.5 is not an integer"):
        integer_value(parse("H/2"), {"H": 5})


def test_names_before_the_last_line_are_put_in() -> None:
    value = scalar("p = 2*k\nq = p + 1\nq*p", variables=("k",))
    assert evaluate(value, {"k": 3}) == 42.0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = 1\na", ""),
        ("q + 1", "F122"),
        ("q[i]", "F125"),
        ("sum[i](1)", "F125"),
        ("y = 1", "F110"),
        ("1\n2", "F106"),
        ("lr = 2\nlr", "F135"),
        ("\n".join(["a0 = lr", *(f"a{k + 1} = a{k}*a{k}" for k in range(60)), "a60"]), "F104"),
    ],
)
def test_scalar_errors(text: str, code: str) -> None:
    if not code:
        assert evaluate(scalar(text), {}) == 1.0
        return
    with pytest.raises(FormulaErrors) as caught:
        scalar(text, variables=("lr",))
    assert caught.value.found[0].code == code


def test_values_out_of_the_domain() -> None:
    for text in ("log(0)", "sqrt(-1)"):
        with pytest.raises(ValueError):
            evaluate(parse(text), {})
    for text in ("exp(1000)", "9**9**9", "1/(1 - 1)"):
        with pytest.raises(ArithmeticError):
            evaluate(parse(text), {})
    with pytest.raises(KeyError):
        evaluate(parse("a"), {})
    with pytest.raises(TypeError):
        evaluate(parse("x[i]"), {})


def test_constant_value() -> None:
    assert constant_value(parse("1/2 + 1")) == 1.5
    assert constant_value(parse("a + 1")) is None
    assert constant_value(parse("9**9**9")) == math.inf
