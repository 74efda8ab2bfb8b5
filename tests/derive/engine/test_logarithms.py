"""Logarithms taken of exponentials: the rules, and where they must not be used."""

import pytest

from symbp.derive.logarithms import with_logarithms_of_exponentials
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Call, walk
from symbp.notation.source import FormulaSource, TensorSource
from symbp.notation.text import equation_text

DECLARED = ("x[n,j]", "w[n,j]")
SOFTMAX = "e[n,j] = exp(x[n,j])\ns[n] = sum[k](e[n,k])\ny[n,j] = e[n,j]/s[n]\n"


def last(formula):
    """The last equation, its logarithms rewritten."""
    tensors = tuple(TensorSource.read(d) for d in DECLARED)
    return with_logarithms_of_exponentials(elaborate(FormulaSource(formula, tensors)).equations)[-1]


REWRITTEN = [
    ("z[n,j] = log(exp(x[n,j] + w[n,j]))", "z[n,j] = x[n,j] + w[n,j]"),
    (f"{SOFTMAX}z[n,j] = log(y[n,j])", "z[n,j] = x[n,j] - log(s[n])"),
    (f"{SOFTMAX}z[n] = sum[k](log(y[n,k]))", "z[n] = sum[k](x[n,k] - log(s[n]))"),
    (
        f"{SOFTMAX}z[n,j] = log(where(w[n,j] > 0, y[n,j], 1))",
        "z[n,j] = where(w[n,j] > 0, x[n,j] - log(s[n]), 0)",
    ),
    ("y[n,j] = sigmoid(x[n,j])\nz[n,j] = log(y[n,j])", "z[n,j] = -softplus(-x[n,j])"),
    ("z[n,j] = log(exp(x[n,j])**2)", "z[n,j] = 2*x[n,j]"),
]


@pytest.mark.parametrize(("formula", "wanted"), REWRITTEN)
def test_a_logarithm_reaches_the_exponential(formula, wanted):
    assert equation_text(last(formula)) == wanted


KEPT = [
    "z[n,j] = log(x[n,j])",
    "z[n,j] = log(w[n,j]*exp(x[n,j]))",  # of unknown sign: only the product need be positive
    "z[n,j] = log(exp(x[n,j])*exp(w[n,j])*x[n,j])",
    "z[n,j] = log(exp(x[n,j]) + 1)",
    "y[n,j] = w[n,j]*exp(x[n,j])\nz[n,j] = log(y[n,j])",
    "y[n,j] = where(x[n,j] > 0, w[n,j], exp(x[n,j]))\nz[n,j] = log(y[n,j]**2)",
]


@pytest.mark.parametrize("formula", KEPT)
def test_other_logarithms_stay(formula):
    assert any(isinstance(e, Call) and e.function == "log" for e in walk(last(formula).rhs))


def test_a_sum_in_a_definition_captures_no_index_of_its_reader():
    found = equation_text(last("y[n,j] = exp(sum[k](x[n,j]*w[n,k]))\nz[n] = sum[k](log(y[n,k]))"))
    assert found == "z[n] = sum[k](sum[k1](x[n,k]*w[n,k1]))"
