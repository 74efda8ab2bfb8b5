"""What is only summed over samples is never formed, and its sums are the same."""

from __future__ import annotations

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import lowered, spec

from symbp.lower.model import BACKWARD, FORWARD, LOSS, Product, Program, walk
from symbp.passes.contract import contract
from symbp.passes.dead import drop_dead
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import optimize
from symbp.passes.summed import FORMED, SUMMED, never_form

SIZES = {"n": 5}
NORM = "{type: layer_norm, name: norm}\n"
WIDE = "{type: dense, name: wide, units: 70}\n{type: dense, name: out, units: 3}"
NETWORKS = {
    "layer norm": NORM + WIDE,
    "batch norm": "{type: batch_norm, name: norm}\n" + WIDE,
    "no bias": NORM + WIDE.replace("70", "70, bias: false"),
    "second": "{type: dense, name: in, units: 60}\n" + NORM + WIDE,
}


def probe(name: str) -> Program:
    inputs, train = "{x: [60]}", "train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 4, seed: 0}"
    return lowered(spec(NETWORKS[name], "{type: mse}", inputs=inputs, train=train))


def after(program: Program, samples: int = 512) -> tuple[Program, list[str]]:
    program, _, _ = contract(drop_dead(program)[0], default_setting(samples))
    program, _, choices = never_form(program, default_setting(samples))
    program.check()
    return program, [c.chosen for c in choices]


def results(program: Program, first: Program) -> dict[str, np.ndarray]:
    given = tuple(f"input {x}" for x, _ in program.input_gradients)
    memory = run(program, sample(first, SIZES), (FORWARD, LOSS, BACKWARD, *given), SIZES)
    gradients = [a.name for a in program.arrays if a.kind == "gradient"]
    return {name: memory[name] for name in ("loss", *gradients, *(d for _, d in program.input_gradients))}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_values_stay(name: str) -> None:
    first = probe(name)
    expected = results(first, first)
    for program in (after(first)[0], optimize(first, 1, default_setting(512))[0]):
        for key, value in results(program, first).items():
            assert np.allclose(value, expected[key], rtol=1e-10, atol=1e-12), key


@pytest.mark.parametrize("name", ["layer norm", "batch norm", "no bias"])
def test_the_first_norm_needs_no_gradient_of_its_output(name: str) -> None:
    program, chosen = after(probe(name))
    assert chosen == [SUMMED]
    assert "dy_norm" not in [s.target for s in program.plain(BACKWARD)]
    assert "dy_norm" in [s.target for s in program.plain("input x")]
    with_samples = [s.target for s in program.plain(BACKWARD) for n in walk(s.value) if isinstance(n, Product)
                    and "z_wide" in s.target and any(a.size == "n" for a in n.over)]  # fmt: skip
    assert with_samples == ["xhat_norm_dz_wide"]


def test_what_other_layers_read_is_formed() -> None:
    program, chosen = after(probe("second"))
    assert chosen == [] and "dy_norm" in [s.target for s in program.plain(BACKWARD)]


def test_few_samples_are_multiplied_as_they_are() -> None:
    program, chosen = after(probe("layer norm"), samples=1)
    assert chosen == [FORMED] and "dy_norm" in [s.target for s in program.plain(BACKWARD)]
