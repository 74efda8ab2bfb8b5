"""Which batches may be cut: decided by the letters of formulas, whatever a layer is called."""

from __future__ import annotations

import pytest

from symbp.graph.build import build
from symbp.library import registry
from symbp.spec.load import loads
from tests.library.sources import OUTPUT

HEAD = "symbp: 1\nname: net\ninput: {x: [4]}\nlayers:\n  - {type: dense, name: fc, units: 3}\n"
OWN = 'define:\n  layers:\n    own: {{input: "x[n,i]", formula: "{}"}}\n'
LOSS = 'define:\n  losses:\n    own: {{formula: "{}"}}\n'
ALONE = (
    "y[n,i] = x[n,i]**2",
    "m[n] = mean[k](x[n,k])\\ny[n,i] = x[n,i] - m[n]",
    "y[n,i] = x[n,i-1] + x[n,I-1-i]",
)
TOGETHER = (
    "m[i] = mean[n](x[n,i])\\ny[n,i] = x[n,i] - m[i]",
    "y[n,i] = sum[m](x[m,i])",
    "y[n,i] = x[n-1,i]",
    "y[n,i] = x[0,i]",
    "y[n,i] = x[N-1-n,i]",
    "y[n,i] = x[n,i]/N",
    "y[n,i] = n*x[n,i]",
    "y[n,m] = sum[i](x[n,i]*x[m,i])",
    "y[n,i] = y[n-1,i] + x[n,i]",
)
MEANS = (
    "L = mean[n,j](y[n,j]*t[n,j]) + 3*mean[n](t[n,0]) - 1",
    "L = mean[n,j]((y[n,j] - t[n,j])**2)",
    "L = 2*mean[n](sum[j]((y[n,j] - t[n,j])**2))",
)
OTHERS = (
    "m = mean[n](y[n,0])\\nL = mean[n,j]((y[n,j] - m)*t[n,j])",
    "m[j] = mean[n](y[n,j])\\nL = sum[j](m[j]*m[j])",
    "m = mean[n](y[n,0]*t[n,0])\\nL = m*m",
    "L = sum[n,j]((y[n,j] - t[n,j])**2)",
    "L = sqrt(mean[n,j]((y[n,j] - t[n,j])**2))",
    "L = sum[n,j](t[n,j]*y[n,j])/sum[n,j](t[n,j])",
    "L = mean[n,j](y[n,j]*t[n,j])*mean[n,j](y[n,j])",
    "L = mean[n,j]((y[n,j] - t[n,j])**2) + sum[n,j](t[n,j]*y[n,j])",
    "L = mean[n,m](exp(-sum[j]((y[n,j] - y[m,j])**2)))",
    "L = mean[n,j]((y[n,j] - t[n-1,j])**2)",
)


def reason(text: str) -> str:
    return build(loads(text)).inseparable


@pytest.mark.parametrize("formula", ALONE)
def test_layers_that_compute_each_sample_alone(formula: str) -> None:
    assert reason(HEAD + "  - {type: own, name: o}\nloss: {type: mse}\n" + OWN.format(formula)) == ""


@pytest.mark.parametrize("formula", TOGETHER)
def test_layers_that_mix_samples(formula: str) -> None:
    found = reason(HEAD + "  - {type: own, name: o}\nloss: {type: mse}\n" + OWN.format(formula))
    assert found == "the layer o mixes samples"


@pytest.mark.parametrize("formula", MEANS)
def test_losses_that_are_means_over_the_samples(formula: str) -> None:
    assert reason(HEAD + "loss: {type: own, l2: 0.1}\n" + LOSS.format(formula)) == ""


@pytest.mark.parametrize("formula", OTHERS)
def test_losses_that_are_no_means_over_the_samples(formula: str) -> None:
    assert reason(HEAD + "loss: {type: own}\n" + LOSS.format(formula)) == "the loss is no mean over the samples"


@pytest.mark.parametrize("keys", ("class_weights: [1, 2, 3]", "ignore_index: -1"))
def test_weights_that_depend_on_the_labels_have_a_sum_of_their_own(keys: str) -> None:
    assert reason(HEAD + f"loss: {{type: cross_entropy, {keys}}}\n") == "the loss is no mean over the samples"
    assert reason(HEAD + "loss: {type: cross_entropy}\n") == ""


@pytest.mark.parametrize("name", [name for name, loss in registry.losses().items() if loss.inputs == OUTPUT])
def test_losses_of_the_library_are_means(name: str) -> None:
    assert reason(HEAD + f"loss: {{type: {name}}}\n") == ""


def test_what_is_drawn_for_each_sample_may_be_cut() -> None:
    assert reason(HEAD + "  - {type: dropout, name: o, rate: 0.5}\nloss: {type: mse}\n") == ""


@pytest.mark.parametrize("layer", ("batch_norm", "alpha_dropout, rate: 0.5"))
def test_states_and_draws_of_all_samples_belong_to_the_whole_batch(layer: str) -> None:
    assert reason(HEAD + f"  - {{type: {layer}, name: o}}\nloss: {{type: mse}}\n") != ""
