"""Every textbook row of gradients is the form of an entry of the library, which test_library_forms and others check.

The windows of that test have the strides of their defaults; here they have every kind of integers.
"""

import pytest

import symbp
from symbp.derive.network import closed_forms
from symbp.entries import defaults, unit_of
from symbp.library import registry
from symbp.notation.text import equation_text

from .test_library_forms import GRADIENTS, PRINTED

ROWS = {
    "pointwise, from the output alone": "sigmoid tanh relu elu selu exp",
    "pointwise": "leaky_relu softplus silu gelu softsign abs square",
    "linear": "dense bilinear embedding",
    "reductions": "softmax log_softmax batch_norm layer_norm rms_norm",
    "windows": "conv2d max_pool2d avg_pool2d l2_pool2d",
    "recurrences and attention": "rnn lstm gru attention",
    "losses": "mse half_squared_error mae huber cross_entropy binary_cross_entropy kl_divergence hinge",
    "penalties": "l1 l2",
}
BY_KEYS = ["layer batch_norm statistics=running", "layer layer_norm affine=True", "layer rms_norm affine=True",
           "loss cross_entropy labels=integer, ignore_index=None", "layer avg_pool2d count_padding=False"]  # fmt: skip
WINDOW = {"kernel": (3, 2), "size": (3, 2), "stride": (2, 3), "padding": [1, 0], "dilation": (1, 2)}
STRIDED = {
    "conv2d": "dx[n,c,h,w] = sum[o,u,v]("
    "dy[n,o,(h+1-u)/2,(w-2*v)/3]*K[o,c,u,v]*[2 divides h + 1 - u]*[3 divides w - 2*v])\n"
    "dK[o,c,u,v] = sum[n,p,q](dy[n,o,p,q]*x[n,c,2*p+u-1,3*q+2*v])\ndb[o] = sum[n,p,q](dy[n,o,p,q])",
    "max_pool2d": "dx[n,c,h,w] = sum[p,q](dy[n,c,p,q]"
    "*[(h+1-2*p,(w-3*q)/2) is the first maximum over u,v of x[n,c,2*p+u-1,3*q+2*v]]"
    "*[0 <= h + 1 - 2*p < U]*[2 divides w - 3*q]*[0 <= (w - 3*q)/2 < V])",
    "avg_pool2d": "dx[n,c,h,w] = mean[u,v](dy[n,c,(h+1-u)/2,(w-v)/3]*[2 divides h + 1 - u]*[3 divides w - v])",
    "l2_pool2d": "ds1[n,c,p,q] = dy[n,c,p,q]/(2*y[n,c,p,q])\n"
    "dx[n,c,h,w] = 2*x[n,c,h,w]*sum[u,v](ds1[n,c,(h+1-u)/2,(w-2*v)/3]*[2 divides h + 1 - u]*[3 divides w - 2*v])",
}


@pytest.mark.parametrize("row", ROWS)
def test_the_rows_are_forms_of_the_library(row: str) -> None:
    known = {key.split(" ")[1] for key in (*GRADIENTS, *PRINTED)}
    assert set(ROWS[row].split()) <= known
    assert set(BY_KEYS) <= GRADIENTS.keys() | PRINTED.keys()


@pytest.mark.parametrize("name", STRIDED)
def test_windows_with_strides_paddings_and_dilations(name: str) -> None:
    declared = registry.layers()[name]
    values = defaults(declared)
    unit = unit_of(declared, {**values, **{k: v for k, v in WINDOW.items() if k in values}})
    assert unit is not None
    assert "\n".join(map(equation_text, closed_forms(unit)[0].adjoints)) == STRIDED[name]


@pytest.mark.parametrize(("formula", "form"), [("log(z[n])", "G[n]/z[n]"), ("sqrt(z[n])", "G[n]/(2*y[n])")])
def test_functions_that_are_no_activations(formula: str, form: str) -> None:
    derived = symbp.derive_formula(f"y[n] = {formula}", "z", cotangent="G", positive=("z",))
    assert equation_text(derived.derivation.equations[-1]) == f"dy_dz[n] = {form}"
