"""Emitted losses in single precision: scores far apart, and every loss and gradient is finite where its value is."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbp.compiler import compile_spec
from symbp.library import registry
from symbp.spec.load import loads
from symbp.verify.loading import loaded
from tests.library.sources import OUTPUT

from .generated import Array

LARGE = 1e4
# Rolled by each number of places: the right class may have the smallest score or the largest one.
SCORES = np.array(
    [[LARGE, -LARGE, 0, 3], [-LARGE, LARGE, LARGE, 0], [-LARGE, -LARGE, -LARGE, -LARGE], [88, 0, -90, -110]],
    np.float32,
)
ORDERS = range(4)
LABELS = np.arange(4)
REAL = SCORES[:, ::-1] / 3
SHARES = np.array([[0, 0.5, 0.5, 0], [1, 0, 0, 0], [0.25] * 4, [0, 0, 0, 1]], np.float32)
WEIGHTS = "class_weights: [0.5, 2.0, 1.0, 0.25]"
SMOOTH = "label_smoothing: 0.1"

# What stands in front of the loss, its keys, the targets.
CASES: dict[str, tuple[str, str, Array]] = {
    **dict.fromkeys(("mse", "half_squared_error", "mae", "huber", "smooth_l1", "gaussian_nll"), ("", "", REAL)),
    "cosine": ("", "", REAL + 1),
    "hinge": ("", "", np.sign(SCORES - 1)),
    "squared_hinge": ("", "", np.sign(SCORES - 1)),
    "binary_cross_entropy": ("", "", SHARES),
    "binary_nll": ("", "", SHARES),
    "soft_margin": ("", "", np.sign(SCORES - 1)),
    "hinge_embedding": ("", "", np.sign(SCORES - 1)),
    "multi_margin": ("", "", LABELS),
    "multi_margin weighted": ("", WEIGHTS, LABELS),
    "multilabel_margin": ("", "", np.sign(SHARES)),
    "multilabel_soft_margin": ("", "", SHARES),
    "multilabel_soft_margin weighted": ("", WEIGHTS, SHARES),
    "kl_divergence": ("softmax", "", np.eye(4)),
    "kl_divergence of shares": ("softmax", "", SHARES),
    "poisson_nll of rates": ("softmax", "log_input: false", np.ones((4, 4))),
    # exp(1e4) has no value in single precision: log_input is left to scores of up to 80
    "poisson_nll": ("", "log_input: true", np.ones((4, 4))),
    "nll": ("log_softmax", "", LABELS),
    "nll weighted": ("log_softmax", WEIGHTS, LABELS),
    "nll one-hot": ("log_softmax", "labels: one_hot", np.eye(4)),
}
for keys in ("ignore_index: -1", f"ignore_index: 2, {WEIGHTS}", f"ignore_index: 9, {SMOOTH}"):
    CASES[f"cross_entropy {keys}"] = ("", keys, LABELS)
for keys in ("", WEIGHTS, SMOOTH, f"{WEIGHTS}, {SMOOTH}"):
    CASES[f"cross_entropy {keys}"] = ("", keys, LABELS)
    CASES[f"cross_entropy one-hot {keys}"] = ("", f"labels: one_hot, {keys}".rstrip(", "), np.eye(4))
    CASES[f"cross_entropy shares {keys}"] = ("", f"labels: probabilities, {keys}".rstrip(", "), SHARES)
BOUNDED = {"poisson_nll": 80.0}


def spec(name: str) -> str:
    front, keys, _ = CASES[name]
    layer = f"  - {{type: {front}, name: s}}\n" if front else ""
    loss = ", ".join(part for part in (f"type: {name.split(maxsplit=1)[0]}", keys) if part)
    dense = "  - {type: dense, name: a, units: 4, bias: false}\n"
    return f"symbp: 1\nname: trial\ndtype: float32\ninput: {{x: [4]}}\nlayers:\n{dense}{layer}loss: {{{loss}}}\n"


@cache
def module_of(name: str, level: int) -> ModuleType:
    with loaded(compile_spec(loads(spec(name), "trial.yaml"), level).module) as module:
        return module


def found(name: str, level: int, scores: Array) -> tuple[Any, Array]:
    """Loss and gradient at the scores, which pass through a dense layer whose weights are those of the identity."""
    module = module_of(name, level)
    with np.errstate(all="ignore"):
        return module.loss_and_grad(np.eye(4, dtype=np.float32).ravel(), scores, CASES[name][2])


def test_every_loss_is_tried() -> None:
    single = {name for name, loss in registry.losses().items() if loss.inputs == OUTPUT}
    assert single == {name.split(maxsplit=1)[0] for name in CASES}


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", CASES)
def test_losses_are_finite_where_their_value_is(name: str, level: int) -> None:
    limit = BOUNDED.get(name, LARGE)
    for turn in ORDERS:
        loss, gradient = found(name, level, np.clip(np.roll(SCORES, turn, axis=1), -limit, limit))
        assert gradient.dtype == np.float32
        assert np.isfinite(loss), f"{turn}: the loss is {loss}"
        assert np.all(np.isfinite(gradient)), f"{turn}: {gradient}"


@pytest.mark.parametrize("level", [0, 1])
def test_the_divergence_of_a_softmax_is_right_where_the_softmax_is_zero(level: int) -> None:
    loss, gradient = found("kl_divergence", level, SCORES[[0, 0, 1, 1]])
    true = (0 + 2 * LARGE + np.log(2) + LARGE + np.log(2)) / 4  # minus the log-probability of the right class
    assert loss == pytest.approx(true, rel=1e-6)
    assert np.any(gradient)
