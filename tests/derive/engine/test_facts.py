"""Facts: stated of the data, proved of values, and never assumed."""

from symbp.notation.expr import Compare, walk
from symbp.notation.text import text

from .build import X, derived, gradient


def facts(form):
    return {f"{text(f.left)} = {text(f.right)}": f.proof for f in form.facts}


def test_softmax_sums_to_one():
    form = derived("y[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))", X)
    assert facts(form) == {"sum[j](y[n,j]) = 1": "proved"}


def test_a_centred_value_sums_to_zero():
    form = derived("m[n] = mean[k](x[n,k])\ny[n,j] = (x[n,j] - m[n])**2\nz[n,j] = x[n,j] - m[n]", X)
    assert facts(form)["sum[j](z[n,j]) = 0"] == "proved"


def test_nothing_is_proved_over_the_other_axis():
    form = derived("y[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))", X)
    assert not any("sum[n]" in f for f in facts(form))


LOSS = (("x[n,j]", "input"), ("t[n,j]", "data"))
CROSS_ENTROPY = "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))\nL = -sum[n,j](t[n,j]*log(p[n,j]))/N"


def test_a_stated_fact_is_used():
    form = derived(CROSS_ENTROPY, LOSS, facts=("sum[j](t[n,j]) = 1",), is_loss=True)
    assert gradient(form, "x") == "(p[n,j] - t[n,j])/N"
    assert facts(form)["sum[j](t[n,j]) = 1"] == "stated"


def test_a_fact_may_have_a_factor():
    form = derived(CROSS_ENTROPY, LOSS, facts=("mean[j](t[n,j]) = 1/J",), is_loss=True)
    assert gradient(form, "x") == "(p[n,j] - t[n,j])/N"


def test_facts_of_other_forms_do_no_harm():
    form = derived(CROSS_ENTROPY, LOSS, facts=("sum[j](t[n,j] + t[n,j]**2) = 2",), is_loss=True)
    assert "dx" in {e.name for e in form.adjoints}
    swapped = derived(CROSS_ENTROPY, LOSS, facts=("1 = sum[j](t[n,j])",), is_loss=True)
    assert gradient(swapped, "x") == "(p[n,j] - t[n,j])/N"


def test_without_the_fact_the_sum_stays():
    form = derived(CROSS_ENTROPY, LOSS, is_loss=True)
    assert gradient(form, "x") != "(p[n,j] - t[n,j])/N"
    saved = {e.name: text(e.rhs) for e in form.forward}
    assert "sum" in gradient(form, "x") or any("sum" in saved[n] for n in form.saved if n in saved)


def test_labels_are_a_delta():
    form = derived(
        "p[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))\nL = -mean[n](log(p[n,c[n]]))",
        (("x[n,j]", "input"), ("c[n]", "integer")),
        is_loss=True,
    )
    assert gradient(form, "x") == "(p[n,j] - [c[n] == j])/N"


def test_the_gradient_through_a_maximum_vanishes_where_it_cancels():
    form = derived("m[n] = max[k](x[n,k])\ny[n,j] = exp(x[n,j] - m[n])/sum[k](exp(x[n,k] - m[n]))", X)
    assert gradient(form, "x") == "y[n,j]*(dy[n,j] - sum[k](dy[n,k]*y[n,k]))"


def test_a_maximum_that_counts_goes_to_the_first_place():
    form = derived("y[n] = max[k](x[n,k])", X)
    assert gradient(form, "x").startswith("dy[n]*[")


def test_a_mask_is_absorbed():
    """A = [j <= n]*...: A*[j <= n] is A."""
    form = derived("A[n,j] = [j <= n]*exp(x[n,j])/sum[k]([k <= n]*exp(x[n,k]))\ny[n,j] = A[n,j]", X)
    assert not any(isinstance(e, Compare) for e in walk(form.adjoint("x").rhs))
