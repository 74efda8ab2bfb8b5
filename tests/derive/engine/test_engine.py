"""The whole engine: errors, recurrences, names, and formulas at random against complex step."""

import random

import numpy as np
import pytest

from symbp.derive.engine import derive_equations
from symbp.errors import DerivationError, SymbpError
from symbp.notation.expr import tensors
from symbp.notation.text import text

from ..naive import Naive, gradients
from .build import X, derived, gradient, setup

SIZES = {"N": 2, "J": 3, "I": 3, "K": 3, "T": 4}


def compare(formula, declared, seed=0, **options):
    """The derived gradients of a formula against complex step."""
    equations, own, facts, is_loss = setup(formula, declared, **options)
    form = derive_equations(equations, own, facts=facts, is_loss=is_loss)
    rng = np.random.default_rng(seed)
    data = {t.name: rng.normal(size=[SIZES[k.size.name] for k in t.indices]) for t in own if t.role != "value"}
    output, constants = equations[-1], dict.fromkeys(options.get("constants", ()), 0.7)
    upstream = np.ones(()) if is_loss else rng.normal(size=[SIZES[k.size.name] for k in output.indices])
    wanted = [t.name for t in own if t.role in ("input", "parameter")]
    slopes = gradients(equations, output.name, upstream, wanted, data, SIZES, constants)
    found = Naive((*form.forward, *form.adjoints), {**data, f"d{output.name}": upstream}, SIZES, constants)
    for name in wanted:
        np.testing.assert_allclose(found.array(f"d{name}"), slopes[name], rtol=1e-8, atol=1e-10, err_msg=formula)
    return form


# Formulas that random search found wrong once, and what each is about.
SCARS = {
    "a mean that is promoted": "y[n,j] = w[j]*log(2 + mean[k](x[n,k])**2)",
    "a minimum that is promoted": "y[n,j] = w[j]*log(2 + min[k](x[n,k])**2)",
    "a factor in a merged sum": "y[n,j] = log(2 + log(2 + x[n,j]**2)*sigmoid(w[j])*0.25)",
    "conditions that exclude each other": "y[n,j] = max(1/(1 + w[j]**2) - x[n,j], 2*x[n,j]/(1 + max[k](x[n,k])**2))",
    "the root of a sum of constants": "y[n,j] = tanh(w[j]*x[n,j]*sqrt(1 + a**2))",
    "a function of a number": "y[n,j] = sqrt(1 + x[n,j]**2)*tanh(w[j] - w[j])*w[j]",
    "a long divisor": "u[n,j] = x[n,j] + sum[k](w[k])\ny[n,j] = u[n,j]/(3 + (a - x[n,j])**2*(x[n,j] + a)**2)",
    "a condition in a divisor": "y[n,j] = exp(w[j] + x[n,j])/(1 + max(w[j], 2)**2)/(1 + (2 + x[n,j]/2)**2)",
    "a difference of saved values": "u[n,j] = sqrt(1 + x[n,j]**2) + sigmoid(x[n,j]/2)\ny[n,j] = sin(u[n,j]*w[j])",
    "conditions of different values": "y[n,j] = max(0, x[n,j]) - max(0, w[j] - 2*x[n,j])/2",
    "conditions that may both hold": "y[n,j] = w[j] + max(0, x[n,j] + 1) + min(0, x[n,j] - 1)",
    "a sum whose terms cancel": "y[n,j] = w[j] + x[n,j]*sum[k](x[n,k]) - sum[k](x[n,k]*x[n,j])",
}
BOTH = (("x[n,j]", "input"), ("w[j]", "parameter"))


@pytest.mark.parametrize("about", SCARS)
def test_formulas_that_were_wrong_once(about):
    compare(SCARS[about], BOTH, constants=("a",), positive=("a",))


def expression(rng, depth, names):
    """A random formula of x[n,j], w[j], a and earlier values."""

    def inner():
        return expression(rng, depth - 1, names)

    if depth == 0 or rng.random() < 0.15:
        return rng.choice([*names, "x[n,j]", "x[n,j]", "w[j]", "2", "0.5", "a"])
    kind = rng.randrange(9)
    if kind == 0:
        return f"({inner()} + {inner()})"
    if kind == 1:
        return f"({inner()} - {inner()})"
    if kind in (2, 3):
        return f"({inner()})*({inner()})"
    if kind == 4:
        return f"({inner()})/(1 + ({inner()})**2)"
    if kind == 5:
        return f"{rng.choice(['exp', 'tanh', 'sigmoid', 'sin', 'erf', 'abs', 'atan'])}({inner()})"
    if kind == 6:
        return f"{rng.choice(['max', 'min'])}({inner()}, {inner()})"
    if kind == 7:
        return f"where({inner()} > {inner()}, {inner()}, {inner()})"
    body = inner().replace("[n,j]", "[n,k]").replace("w[j]", "w[k]")
    return f"{rng.choice(['sum', 'mean', 'max'])}[k]({body})" if "k]" in body and "[k](" not in body else inner()


@pytest.mark.parametrize("seed", range(40))
def test_random_formulas_agree_with_complex_step(seed):
    rng = random.Random(seed)
    names, lines = [], []
    for k in range(rng.choice([1, 2])):
        lines.append(f"u{k}[n,j] = {expression(rng, 2, names)}")
        names.append(f"u{k}[n,j]")
    lines[-1] = f"y{lines[-1][2:]} + w[j] + x[n,j]/9"  # everything is read
    compare("\n".join(lines), BOTH, seed=seed, constants=("a",))


RECURRENCES = {
    "rnn": "z[n,t,j] = sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j])\n"
    "h[n,t,j] = tanh(z[n,t,j])\ny[n,t,j] = h[n,t,j]",
    "the output itself": "h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]))",
    "from the last step": "h[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t+1,k]*U[k,j]))\n"
    "y[n,t,j] = h[n,t,j]**2",
    "a gate": "f[n,t,j] = sigmoid(sum[i](x[n,t,i]*W[i,j]) + sum[k](h[n,t-1,k]*U[k,j]))\n"
    "g[n,t,j] = tanh(sum[i](x[n,t,i]*W[i,j]))\nh[n,t,j] = f[n,t,j]*h[n,t-1,j] + (1 - f[n,t,j])*g[n,t,j]\n"
    "y[n,t,j] = h[n,t,j]*f[n,t,j]",
    "two steps back": "h[n,t,j] = sum[i](x[n,t,i]*W[i,j]) + sin(sum[k](h[n,t-2,k]*U[k,j]))\ny[n,t,j] = h[n,t,j]",
}
SEQUENCE = (("x[n,t,i]", "input"), ("W[i,j]", "parameter"), ("U[k,j]", "parameter"))


@pytest.mark.parametrize("name", RECURRENCES)
def test_recurrences(name):
    compare(RECURRENCES[name], SEQUENCE)


def test_the_whole_gradient_of_a_recurrent_output_has_a_name_of_its_own():
    form = derived(RECURRENCES["the output itself"], SEQUENCE)
    (whole,) = (e for e in form.adjoints if e.name == "dh_all")
    assert {"dh"} <= tensors(whole.rhs)


def test_a_recurrence_gives_one_product_over_all_steps():
    form = derived(RECURRENCES["rnn"], SEQUENCE)
    assert gradient(form, "U") == "sum[n,t](h[n,t-1,k]*dz[n,t,j])"


def test_equal_adjoints_are_kept_once():
    form = derived(RECURRENCES["the output itself"], SEQUENCE)
    sides = [text(e.rhs) for e in form.adjoints]
    assert len(set(sides)) == len(sides)


def test_inputs_that_are_integers_get_no_gradient():
    form = derived("y[n,t,j] = E[c[n,t],j]", (("c[n,t]", "integer"), ("E[k,j]", "parameter")))
    assert [e.name for e in form.adjoints] == ["dE"]


def test_an_input_that_nothing_reads_has_gradient_zero():
    form = derived("y[n,j] = x[n,j]", (("x[n,j]", "input"), ("w[j]", "input")))
    assert gradient(form, "w") == "0"


def test_a_promoted_value_is_no_name_of_the_author():
    form = derived("s[n,j] = x[n,j]\ny[n,j] = log(1 + exp(s[n,j]))", X)
    assert len({e.name for e in form.forward}) == len(form.forward)


def test_forward_values_come_before_what_reads_them():
    form = derived("y[n,j] = x[n,j]*tanh(log(1 + exp(x[n,j])))", X)
    have = {"x"}
    for e in form.forward:
        assert tensors(e.rhs) <= have, text(e.lhs)
        have.add(e.name)


def test_dividing_by_a_condition_is_an_error_with_a_reason():
    with pytest.raises(DerivationError, match="condition"):
        derived("y[n,j] = x[n,j]/[x[n,j] > 0]", X)


def test_errors_are_problems():
    with pytest.raises(SymbpError) as caught:
        derived("y[n,j] = x[n,j]/[x[n,j] > 0]", X)
    assert caught.value.problems[0].code == "D001"


def test_deriving_twice_gives_the_same():
    formula = "m[n] = mean[k](x[n,k])\ny[n,j] = (x[n,j] - m[n])/(1 + exp(x[n,j]))"
    assert derived(formula, X) == derived(formula, X)


def test_earlier_derivations_leave_no_trace():
    """Names that are made fresh, and memories of earlier layers, show nowhere."""
    formula = "y[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))"
    before = derived(formula, X)
    for k in range(3):
        derived(f"y[n,j] = tanh(x[n,j]*{k + 2}) + sum[k](x[n,k]**2)", X)
    assert derived(formula, X) == before


def test_leading_axes_may_be_several():
    form = derived("y[n,t,j] = sum[i](x[n,t,i]*W[i,j])", (("x[n,t,i]", "input"), ("W[i,j]", "parameter")))
    assert gradient(form, "W") == "sum[n,t](x[n,t,i]*dy[n,t,j])"
