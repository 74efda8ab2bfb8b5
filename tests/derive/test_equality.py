"""A safe form that is not its plain form is found out, however small the difference, in values and in gradients."""

import pytest

from symbp.derive.equality import CHECKED, SAME, show_equal
from symbp.derive.network import closed_forms
from symbp.errors import DerivationError
from symbp.graph.model import LocalTensor, Unit
from symbp.notation.elaborate import elaborate
from symbp.notation.source import FormulaSource, TensorSource


def check(plain, safe, *tensors, constants=(), values=(), facts=()):
    """How the two texts are shown equal; one text alone is y of z at [n,j]."""
    sources = tuple(TensorSource.read(t, r, integer=r == "data" and t == "t[n]") for t, r in tensors)
    sources = sources or (TensorSource.read("z[n,j]"),)
    pointwise = None if tensors else ("n", "j")
    found = [elaborate(FormulaSource(t, sources, constants, pointwise=pointwise, facts=facts)) for t in (plain, safe)]
    seen = {t.name: LocalTensor(t.name, t.indices, t.role, t.integer) for f in found for t in f.tensors}
    is_loss = bool(tensors)
    own = Unit("probe", "probe", found[0].equations, found[1].equations, tuple(seen.values()), found[0].facts, is_loss)
    return show_equal(own, *closed_forms(own), dict(values))


@pytest.mark.parametrize(
    ("plain", "safe"),
    [
        ("y = log(1 + exp(z))", "y = softplus(z)"),
        ("y = log(1 + exp(z))", "y = max(z, 0) + log1p(exp(-abs(z)))"),
        ("y = 1/(1 + exp(-z))", "y = sigmoid(z)"),
        ("y = z*z", "y = z**2"),
        ("y = exp(z) - 1", "y = expm1(z)"),
    ],
)
def test_equal_forms_pass(plain, safe):
    assert check(plain, safe) == CHECKED


def test_equal_text_is_the_same():
    assert check("y = tanh(z)", "y = tanh(z)") == SAME


@pytest.mark.parametrize(
    ("plain", "safe"),
    [
        ("y = log(1 + exp(z))", "y = softplus(z)*(1 + 1/10**38)"),  # a relative error of 1e-38
        ("y = z", "y = z + 1/10**39"),
        ("y = tanh(z)", "y = -tanh(z)"),
        ("y = max(0, z)", "y = z"),  # one branch
        ("y = max(0, z)", "y = abs(z)"),
        ("y = max(0, min(6, z))", "y = max(0, min(6.5, z))"),
        ("y = max(0, min(6, z))", "y = max(0, z)"),  # a branch that begins at 6
        ("y = max(0, z)", "y = max(z, 0)"),  # the same values, another subgradient at 0
    ],
)
def test_a_difference_is_found(plain, safe):
    with pytest.raises(DerivationError, match="safe form of"):
        check(plain, safe)


TENSORS = (("y[n,j]", "input"), ("t[n,j]", "data"))
PLAIN = "L = -mean[n](sum[j](t[n,j]*log(exp(y[n,j])/sum[k](exp(y[n,k])))))"
STABLE = "m[n] = max[k](y[n,k])\nL = mean[n](m[n] + log(sum[k](exp(y[n,k] - m[n])))) - mean[n](sum[j](t[n,j]*y[n,j]))"


def test_a_form_may_rest_on_a_fact():
    assert check(PLAIN, STABLE, *TENSORS, facts=("sum[j](t[n,j]) = 1",)) == CHECKED


def test_without_the_fact_it_is_wrong():
    with pytest.raises(DerivationError, match="safe form of L"):
        check(PLAIN, STABLE, *TENSORS)


def test_the_message_shows_the_place():
    with pytest.raises(DerivationError, match=r"at z = -?[\d.]+ the plain form is .*, the safe form"):
        check("y = z", "y = z + 1/10**39")


def test_a_loss_that_needs_positive_values_is_compared_too():
    plain = "L = mean[n](sum[j](t[n,j]*log(t[n,j]/y[n,j])))"
    safe = "L = mean[n](sum[j](t[n,j]*log(t[n,j]) - t[n,j]*log(y[n,j])))"
    assert check(plain, safe, *TENSORS) == CHECKED
    with pytest.raises(DerivationError, match="safe form of L"):
        check(plain, f"{safe} + 1", *TENSORS)


def test_a_form_without_any_value_is_refused():
    with pytest.raises(DerivationError, match="no value in common"):
        check("y = log(-1 - z**2)", "u = -1 - z**2\ny = log(u)")


def test_only_equations_that_differ_are_evaluated():
    """The tangent of a large number has no digits in common with anything, but both forms take it of equal values."""
    plain, safe = "u = z*z\ny = tan(10**90*u)", "u = z**2 + 0*z\ny = tan(10**90*u)"
    assert check(plain, safe) == CHECKED
    with pytest.raises(DerivationError, match="safe form of"):
        check(plain, f"{safe} + u")


def test_conditions_of_data_are_not_any_numbers():
    tensors = (("y[n,j]", "input"), ("t[n]", "data"))
    plain = "m[n] = [t[n] > 0]\nL = sum[n,j](m[n]*y[n,j])"
    assert check(plain, "m[n] = [t[n] > 0]\nL = sum[n,j](m[n]**2*y[n,j])", *tensors) == CHECKED


def test_constants_keep_their_values():
    """A form may hold for the constants of a node only: here the factor is 1."""
    values = (("alpha", 1.0),)
    assert check("y = alpha*z", "y = z/alpha", constants=("alpha",), values=values) == CHECKED
    with pytest.raises(DerivationError):
        check("y = alpha*z", "y = z/alpha", constants=("alpha",))
