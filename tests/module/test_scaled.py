"""The learning rate in the seed of the backward pass: training stays what it is, and what is asked for is unscaled."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbp.compiler import compile_spec
from symbp.spec.load import loads

from .generated import imported

HIDDEN = "  - {type: dense, name: fc1, units: 5, activation: tanh}\n"
OUT = "  - {type: dense, name: fc2, units: 3}\n"
SGD = "{type: sgd, lr: 0.2}"


def network(
    layers: str = HIDDEN + OUT, loss: str = "loss: {type: mse}", optimizer: str = SGD, inputs: str = "{x: [4]}"
) -> str:
    train = f"train: {{optimizer: {optimizer}, epochs: 3, batch_size: 8, seed: 0}}\n"
    return f"dtype: float64\ninput: {inputs}\nlayers:\n{layers}{loss}\n{train}"


ACTIVATIONS = ("relu", "sigmoid", "softplus", "gelu", "elu", "mish", "softsign")
REAL = (
    "mse", "huber", "poisson_nll", "smooth_l1", "squared_hinge", "hinge", "binary_cross_entropy", "half_squared_error",
)  # fmt: skip
FROZEN = "  - {type: dense, name: fc1, units: 5, activation: tanh, freeze: true}\n"
TWICE = "  - {type: dense, name: fc2, units: 3, inputs: fc1}\n  - {type: dense, name: fc3, units: 2, inputs: fc1}\n"
BOTH = """outputs: [fc2, fc3]
loss:
  - {type: mse, name: near, inputs: fc2}
  - {type: huber, name: far, inputs: fc3, weight: 0.3}"""
OWN = """loss: {type: mse}
define:
  optimizers:
    own: {formula: "r = lr/(1 + c*k)\\nw = w - r*g", parameters: {c: 0.5}}"""
CONV = (
    "  - {type: conv2d, name: c1, filters: 2, kernel: 3, activation: relu}\n  - {type: max_pool2d, size: 2}\n"
    "  - {type: flatten}\n" + OUT
)
STEPS = "  - {type: gru, name: rnn, units: 4}\n" + OUT
SPECS = {
    **{f"act_{a}": network(HIDDEN.replace("tanh", a) + OUT) for a in ACTIVATIONS},
    **{f"loss_{kind}": network(loss=f"loss: {{type: {kind}}}") for kind in REAL},
    "labels": network(loss="loss: {type: cross_entropy, labels: integer}"),
    "weights": network(loss="loss: {type: cross_entropy, class_weights: [1, 2, 3], label_smoothing: 0.1}"),
    "penalties": network(loss="loss: {type: mse, l1: 0.01, l2: 0.1}"),
    "several": network(HIDDEN + TWICE, BOTH),
    "frozen": network(FROZEN + OUT),
    "schedule": network(optimizer="{type: sgd, lr: 0.2, schedule: {type: cosine, final: 0}}"),
    "own": network(loss=OWN, optimizer="{type: own, lr: 0.2}"),
    "itself": network(loss="loss: {type: mse, target: x}", layers=HIDDEN + OUT.replace("3", "4")),
    "named": network(inputs="{scale: [4]}"),
    "conv": network(CONV, "loss: {type: cross_entropy, labels: integer}", inputs="{x: [1, 6, 6]}"),
    "steps": network(STEPS, inputs="{x: [5, 4]}"),
    "norm": network("  - {type: dense, name: d, units: 5}\n  - {type: batch_norm, name: bn}\n" + OUT),
}
HALVED = ("act_relu", "labels", "penalties", "frozen", "schedule", "conv", "steps")


@cache
def made(name: str, level: int = 1) -> ModuleType:
    text = compile_spec(loads(f"symbp: 1\nname: {name}_{level}\n{SPECS[name]}", f"{name}.yaml"), level).module
    assert ("times the gradient of the loss by each parameter" in text) == level
    return imported(f"{name}_{level}", text)


def data(name: str, n: int = 8) -> tuple[Any, Any]:
    module, rng = made(name), np.random.default_rng(3)
    arrays = [module._random_data(rng) for _ in range(2)]
    x = {label: np.concatenate([x[label] for x, _ in arrays])[:n] for label in module.INPUTS}
    ys = [y for _, y in arrays]
    if isinstance(ys[0], dict):
        return x, {k: np.concatenate([y[k] for y in ys])[:n] for k in ys[0]}
    return x, None if ys[0] is None else np.concatenate(ys)[:n]


def trained(name: str, level: int = 1, **keys: Any) -> tuple[Any, list[float]]:
    net = made(name, level).Network(seed=1, **keys)
    net.total_steps = 5
    return net, [net.step(*data(name)) for _ in range(5)]


@pytest.mark.parametrize("name", SPECS)
def test_five_steps_are_those_of_the_simplest_form(name: str) -> None:
    (net, losses), (simple, wanted) = trained(name), trained(name, 0)
    np.testing.assert_allclose(losses, wanted, rtol=1e-10)
    np.testing.assert_allclose(net.theta, simple.theta, rtol=1e-10, atol=1e-13)
    assert losses[-1] != losses[0]


@pytest.mark.parametrize("name", SPECS)
def test_gradients_that_are_asked_for_are_gradients(name: str) -> None:
    """After a step, too, in the memory of which the number of that step still lies."""
    x, y = data(name)
    net, simple = trained(name)[0], made(name, 0).Network(seed=1)
    simple.theta = net.theta
    (loss, grad), (same_loss, same_grad) = net.loss_and_grad(x, y), simple.loss_and_grad(x, y)
    assert loss == pytest.approx(same_loss, rel=1e-10)
    np.testing.assert_allclose(grad, same_grad, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(net.input_gradient(x, y), simple.input_gradient(x, y), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", SPECS)
def test_gradients_of_a_step_are_kept_without_the_number(name: str) -> None:
    net, losses = trained(name, keep_gradients=True)
    other, wanted = trained(name)
    np.testing.assert_allclose(losses, wanted, rtol=1e-11)
    np.testing.assert_allclose(net.theta, other.theta, rtol=1e-11, atol=1e-13)
    _, grad = net.loss_and_grad(*data(name))
    net.step(*data(name))
    kept = np.concatenate([view.ravel() for view in net.gradients.values()])
    np.testing.assert_allclose(kept, grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", HALVED)
def test_halves_are_given_their_share(name: str) -> None:
    for keep in (False, True):
        two, losses = trained(name, threads=2, keep_gradients=keep)
        one, wanted = trained(name)
        np.testing.assert_allclose(losses, wanted, rtol=1e-10)
        np.testing.assert_allclose(two.theta, one.theta, rtol=1e-9, atol=1e-12)


def test_a_rate_of_0_changes_nothing() -> None:
    for name in ("labels", "loss_binary_cross_entropy", "weights"):
        net = made(name).Network(seed=1)
        before, net.lr = net.theta.copy(), 0.0
        net.step(*data(name))
        assert np.array_equal(net.theta, before)


def test_a_step_is_the_difference_to_the_gradient() -> None:
    source = made("labels").__loader__.get_source("labels_1")  # type: ignore[union-attr]
    assert source is not None
    assert "    theta -= grad  # (" in source
    assert "self.change" not in source
    assert "grad is lr times the gradient of the loss." in source
