"""Products with the zeros in front of the first step of a loop are left out there, and only there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lower.networks import lowered
from module.generated import imported

from symbp.compiler import compile_spec
from symbp.lower.model import FORWARD, Product, Program, Statement
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import optimize
from symbp.spec.load import loads

SPEC = """
symbp: 1
name: beginning
dtype: float64
input: {{tokens: [T], m: [T]}}
input_type: integer
sizes: {{T: any}}
layers:
  - {{type: embedding, name: emb, inputs: tokens, rows: 7, units: 5}}
  - {{type: {layer}, name: rnn, units: {units}{more}}}
  - {{type: dense, name: out, units: 2}}
loss: {{type: mse}}
train: {{optimizer: {{type: sgd, lr: 0.1}}, epochs: 1, batch_size: 4, seed: 0}}
"""


def probe(layer: str, more: str = ", mask: m", units: int = 48) -> str:
    return SPEC.format(layer=layer, more=more, units=units)


def left_out(program: Program) -> list[Statement]:
    found = [s for s in program.statements if isinstance(s, Statement) and s.zero_first]
    assert all(s.loop and isinstance(s.value, Product) for s in found)
    return found


@pytest.mark.parametrize("layer", ["lstm", "gru", "rnn"])
def test_a_state_that_begins_as_zero_is_not_multiplied(layer: str) -> None:
    forward, backward = left_out(optimize(lowered(probe(layer)), 1)[0])
    assert not forward.loop.reverse and backward.loop.reverse


@pytest.mark.parametrize("layer", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("initial", ["learned", "carried"])
def test_an_initial_state_is_multiplied(layer: str, initial: str) -> None:
    found = left_out(optimize(lowered(probe(layer, f", mask: m, initial: {initial}")), 1)[0])
    assert [s for s in found if s.stage == FORWARD] == []


def test_asking_in_every_step_of_many_would_cost_more() -> None:
    setting = default_setting(4, (("T", 1000),))
    assert not left_out(optimize(lowered(probe("rnn", units=1)), 1, setting)[0])


@pytest.mark.parametrize("layer", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("more", ["", ", initial: learned"])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_loss_and_gradient_stay(layer: str, more: str, steps: int) -> None:
    rng = np.random.default_rng(0)
    x = {"tokens": rng.integers(0, 7, (3, steps)), "m": (np.arange(steps) < np.array([[1], [2], [5]])).astype(int)}
    y = rng.standard_normal((3, steps, 2))
    found: list[Any] = []
    for level in (0, 1):
        text = compile_spec(loads(probe(layer, f", mask: m{more}")), level).module
        assert ("if step:\n" in text) == (level > 0 and not more)
        module = imported(f"beginning_{layer}_{level}", text)
        theta = module.initial_theta(rng) if not found else found[0][2]
        for _ in range(2):  # what lies in the memory of the step before does not count
            loss, grad = module.loss_and_grad(theta, x, y)
        found.append((loss, grad, theta))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-10)
    assert np.allclose(found[1][1], found[0][1], rtol=1e-10, atol=1e-12)
