"""Promoted values are read by name wherever the author's equations compute them, and only there."""

import pytest

from symbp.derive.reuse import pattern, renamed, reused
from symbp.notation.elaborate import elaborate
from symbp.notation.source import FormulaSource, TensorSource
from symbp.notation.text import text

X = (TensorSource.read("x[n,j]"), TensorSource.read("c[n,t,j]"), TensorSource.read("w[i,j]"))


def lines(formula, *promoted):
    equations = elaborate(FormulaSource(formula, X)).equations
    forward, twins = reused(equations, frozenset(promoted))
    return [f"{text(e.lhs)} = {text(e.rhs)}" for e in forward], twins


@pytest.mark.parametrize(
    ("value", "reader", "expected"),
    [
        ("e[n,j] = exp(x[n,j])", "y[n,j] = 1/(1 + exp(x[n,j]))", "y[n,j] = 1/(1 + e[n,j])"),
        ("e[n,j] = exp(x[n,j])", "y[n] = sum[k](exp(x[n,k]))", "y[n] = sum[k](e[n,k])"),
        ("s[n] = sum[j](x[n,j])", "y[n,j] = x[n,j] - mean[k](x[n,k])", "y[n,j] = x[n,j] - s[n]/J"),
        ("s[n] = sum[j](x[n,j])", "y[j] = mean[n](x[n,j])", "y[j] = mean[n](x[n,j])"),  # over another axis
        ("e[n,j] = exp(x[n,j])", "y[n,j] = exp(-x[n,j])", "y[n,j] = exp(-x[n,j])"),
        ("e[n,t,j] = exp(c[n,t,j])", "y[n,t,j] = exp(c[n,t-1,j])", "y[n,t,j] = exp(c[n,t-1,j])"),  # reads 0 outside
        ("r[n] = sqrt(sum[j](x[n,j]**2))", "y[n] = 2*sum[k](x[n,k]**2)**(1/2)", "y[n] = 2*r[n]"),
        ("r[n] = 1/sqrt(1 + sum[j](x[n,j]**2))", "y[n] = 3*(1 + sum[j](x[n,j]**2))**(-1/2)", "y[n] = 3*r[n]"),
        ("e[j,i] = exp(w[i,j])", "y[i,j] = 2*exp(w[i,j])", "y[i,j] = 2*e[j,i]"),
    ],
)
def test_an_occurrence_is_read_by_name(value, reader, expected):
    name = value.split("[")[0]
    found, twins = lines(f"{value}\n{reader}", name)
    assert found[-1] == expected
    assert not twins


def test_values_are_read_by_values():
    found, _ = lines("e[n,j] = exp(x[n,j])\ns[n] = sum[j](exp(x[n,j]))\ny[n] = log(sum[k](exp(x[n,k])))", "e", "s")
    assert found == ["e[n,j] = exp(x[n,j])", "s[n] = sum[j](e[n,j])", "y[n] = log(s[n])"]


def test_the_authors_name_stays():
    found, twins = lines("s[n,j] = sigmoid(x[n,j])\nu[n,j] = x[n,j]\np[n,j] = sigmoid(x[n,j])", "s")
    assert found == ["u[n,j] = x[n,j]", "p[n,j] = sigmoid(x[n,j])"]
    reader = elaborate(FormulaSource("y[n,j] = s[n,j]", (TensorSource.read("s[n,j]"),))).equations[0].rhs
    assert text(renamed(reader, twins)) == "p[n,j]"


def test_the_authors_equation_moves_up_where_it_is_read_early():
    found, _ = lines("e[n,j] = exp(x[n,j])\ns[n] = sum[j](exp(x[n,j]))\ny[n,j] = exp(x[n,j])", "e", "s")
    assert found == ["y[n,j] = exp(x[n,j])", "s[n] = sum[j](y[n,j])"]


def test_axes_in_another_order_are_followed():
    found, twins = lines("e[j,i] = exp(w[i,j])\ny[i,j] = exp(w[i,j])", "e")
    assert found == ["y[i,j] = exp(w[i,j])"]
    source = FormulaSource("z[i,j] = e[j,i]", (TensorSource.read("w[i,j]"), TensorSource.read("e[j,i]")))
    assert text(renamed(elaborate(source).equations[0].rhs, twins)) == "y[i,j]"


def test_the_order_of_terms_does_not_matter():
    a, b = (elaborate(FormulaSource(t, X)).equations[0].rhs for t in ("y[n,j] = 1 + x[n,j]*2", "y[n,j] = 2*x[n,j] + 1"))
    assert pattern(a) == pattern(b)
