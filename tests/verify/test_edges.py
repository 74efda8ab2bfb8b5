"""Generated modules where formulas are delicate: kinks, large numbers in single precision, axes of size 1."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from symbp.compiler import DEFAULT, SIMPLEST, compile_spec
from symbp.library import registry
from symbp.spec.load import loads
from symbp.verify.check import verify
from symbp.verify.loading import loaded
from tests.library.sources import OUTPUT

Array = npt.NDArray[Any]

# Each kinked activation: its keys, and the derivative that it declares at each kink.
KINKS: dict[str, tuple[str, dict[float, float]]] = {
    "abs": ("", {0: 0}),
    "relu": ("", {0: 0}),
    "leaky_relu": ("alpha: 0.2", {0: 0.2}),
    "prelu": ("", {0: 0.25}),
    "rrelu": ("lower: 0.25, upper: 0.75", {0: 0.5}),
    "elu": ("alpha: 1.3", {0: 1.3}),
    "selu": ("", {0: 1.6732632423543772 * 1.0507009873554805}),
    "hardtanh": ("low: -0.5, high: 0.75", {-0.5: 0, 0.75: 0}),
    "relu6": ("", {0: 0, 6: 0}),
    "hardsigmoid": ("", {-3: 0, 3: 0}),
    "hardswish": ("", {-3: 0, 3: 1}),
    "hardshrink": ("cut: 0.5", {-0.5: 0, 0.5: 0}),
    "softshrink": ("cut: 0.5", {-0.5: 0, 0.5: 0}),
    "threshold": ("threshold: 0.25, value: -0.2", {0.25: 0}),
}
BEYOND_SINGLE = {"exp"}  # their true values leave the range of float32
SINGLE = sorted(name for name, loss in registry.losses().items() if loss.inputs == OUTPUT)
MODERATE = {"poisson_nll": 80.0, "kl_divergence": 30.0}  # these hold an exponential and a logarithm of their input
FRONT = {"kl_divergence": "softmax", "nll": "log_softmax"}


@cache
def probe(entry: str, level: int) -> ModuleType:
    """One unit with weight 1 and bias 0 in front of the activation, and half the squared error after it."""
    text = (
        "symbp: 1\nname: probe\ninput: {x: [1]}\nlayers:\n"
        f"  - {{type: dense, name: a, units: 1, activation: {entry}}}\nloss: {{type: half_squared_error}}\n"
    )
    with loaded(compile_spec(loads(text, "probe.yaml"), level).module) as module:
        return module


def theta_of(module: ModuleType, dtype: str) -> Array:
    values = {"a.W": 1.0, "a.b": 0.0, "a.alpha": 0.25}
    return np.array([values[label] for label in module.PARAMETERS], dtype)


def value_and_slope(module: ModuleType, z: float, dtype: str) -> tuple[float, float]:
    """The activation at z and its derivative: with y - t = 1 the gradient by the input is the derivative."""
    x = np.array([[z]], dtype)
    net = module.Network(0, dtype=dtype)
    net.theta = theta_of(module, dtype)
    y = net.predict(x)
    target = y - np.asarray(1, dtype)
    if (y - target)[0, 0] != 1:  # where y is so large that y - 1 is rounded, the upstream gradient is scaled
        target = y - np.maximum(np.abs(y), 1)
    slope = net.input_gradient(x, target) / (y - target)
    return float(y[0, 0]), float(slope[0, 0])


def test_every_declared_kink_is_here() -> None:
    kinked = {name for name, activation in registry.activations().items() if activation.subgradient}
    assert kinked <= set(KINKS)


@pytest.mark.parametrize("level", [SIMPLEST, DEFAULT])
@pytest.mark.parametrize("name", KINKS)
def test_the_gradient_at_a_kink_is_the_declared_one(name: str, level: int) -> None:
    keys, kinks = KINKS[name]
    module = probe(f"{{type: {name}, {keys}}}" if keys else name, level)
    for z, slope in kinks.items():
        assert value_and_slope(module, z, "float64")[1] == pytest.approx(slope, abs=1e-15)


@pytest.mark.parametrize("level", [SIMPLEST, DEFAULT])
@pytest.mark.parametrize("name", sorted(set(registry.activations()) - BEYOND_SINGLE))
def test_single_precision_agrees_with_double_up_to_ten_thousand(name: str, level: int) -> None:
    """Finite, without a warning, and as near as the closed forms can be: y*(1 - y) has the accuracy of 1 - y."""
    module = probe(name, level)
    with np.errstate(all="raise", under="ignore"):
        for z in (1e-4, 0.3, 5.0, 20.0, 60.0, 89.0, 200.0, 1e4):
            for at in (z, -z):
                single = np.array(value_and_slope(module, at, "float32"))
                double = np.array(value_and_slope(module, at, "float64"))
                assert np.all(np.abs(single - double) <= 3e-5 * np.abs(double) + 1e-6), (at, single, double)


@pytest.mark.parametrize("level", [SIMPLEST, DEFAULT])
@pytest.mark.parametrize("name", SINGLE)
def test_losses_are_finite_for_large_scores(name: str, level: int) -> None:
    """In single precision, without a warning, for scores up to ten thousand."""
    front = f"  - {{type: {FRONT[name]}, name: f}}\n" if name in FRONT else ""
    text = (
        "symbp: 1\nname: probe\ninput: {x: [3]}\nlayers:\n  - {type: dense, name: a, units: 3, init: {W: numbers}}\n"
        f"{front}loss: {{type: {name}}}\n"
    ).replace("{W: numbers}", "{W: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}")
    with loaded(compile_spec(loads(text, "probe.yaml"), level).module) as module:
        net = module.Network(0)
    targets = {
        "labels": np.array([0, 1, 2, 0]),
        "probabilities": np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1], [0.2, 0.3, 0.5]]),
        "signs": np.array([[1, -1, 1]] * 4),
        "bits": np.array([[1, 0, 1]] * 4),
        "unit": np.array([[1, 0, 0.5]] * 4),
    }
    target = module.TARGET if hasattr(module, "TARGET") else module.TARGETS["y"]
    y = targets.get(target["kind"], np.array([[1.0, 0.0, 2.0]] * 4))
    largest = MODERATE.get(name, 1e4)
    x = largest * np.array([[1, -1, 0], [-1, -1, 1], [0.01, 0, -0.01], [0, 0, 0]])
    with np.errstate(all="raise", under="ignore"):
        loss, gradient = net.loss_and_grad(x, y)
    assert np.isfinite(loss)
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("level", [SIMPLEST, DEFAULT])
@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy", "{type: cross_entropy}"])
def test_axes_of_size_one(loss: str, level: int) -> None:
    """One input, one unit, one class, one sample: shapes that broadcast by mistake."""
    entry = loss if loss.startswith("{") else f"{{type: {loss}}}"
    text = (
        "symbp: 1\nname: ones\ninput: {x: [1]}\nlayers:\n  - {type: dense, name: a, units: 1, activation: tanh}\n"
        f"  - {{type: dense, name: b, units: 1}}\nloss: {entry}\n"
    )
    made = compile_spec(loads(text, "ones.yaml"), level)
    verdict = verify(made.module, made.graph)
    assert verdict.passed, verdict.table()
