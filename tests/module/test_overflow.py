"""Sigmoids in a loop: an exponential that is infinite there is no error, which is said once in front of the loop."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from symbp.compiler import compile_spec
from symbp.spec.load import loads

from .generated import imported

OUTSIDE = "  - {type: dense, name: before, units: 6, activation: sigmoid}\n"
QUIETLY = 'with np.errstate(over="ignore"):'


def module(layer: str, level: int, front: str = "") -> str:
    return compile_spec(loads(f"""
symbp: 1
name: {layer}{level}{"f" if front else ""}
input: {{x: [T, 3]}}
sizes: {{T: any}}
layers:
{front}  - {{type: {layer}, name: rnn_of_tokens, units: 4}}
  - {{type: dense, name: out, units: 2}}
loss: {{type: cross_entropy, labels: integer}}
train: {{optimizer: {{type: sgd, lr: 0.1}}, epochs: 1, batch_size: 4, seed: 0}}
"""), level).module  # fmt: skip


@pytest.mark.parametrize("front", ["", OUTSIDE], ids=["alone", "behind a sigmoid"])
@pytest.mark.parametrize("layer", ["lstm", "gru"])
def test_an_infinite_exponential_is_no_error(layer: str, front: str) -> None:
    name = f"overflow_{layer}{bool(front):d}"
    plain, fast = (imported(f"{name}{level}", module(layer, level, front)) for level in (0, 1))
    rng = np.random.default_rng(0)
    x, y = 1e3 * rng.standard_normal((4, 5, 3)), rng.integers(0, 2, (4, 5))
    theta = rng.standard_normal(fast.SIZE).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, gradient = fast.loss_and_grad(theta, x, y)
    expected, same = plain.loss_and_grad(theta, x, y)
    assert np.isfinite(loss) and np.isclose(loss, expected, rtol=1e-5)
    assert np.abs(gradient - same).max() <= 1e-4 * np.abs(same).max()


@pytest.mark.parametrize("layer", ["lstm", "gru"])
def test_overflow_is_ignored_once_for_all_steps(layer: str) -> None:
    text = module(layer, 1)
    inside = text[text.index("def forward(") : text.index("def loss_of(")]
    assert inside.count(QUIETLY) == 1 and inside.index(QUIETLY) < inside.index("for (") < inside.index("sigmoid_into(")
    assert "def sigmoid(" not in text
    assert max(map(len, inside.split("\n"))) <= 100


def test_a_sigmoid_outside_of_loops_sees_to_that_itself() -> None:
    text = module("gru", 1, OUTSIDE)
    body = text[text.index("def forward(") :]
    assert "\n    sigmoid(z_before, " in body and "sigmoid_into(z_before" not in body
    assert "\n            sigmoid_into(" in body
