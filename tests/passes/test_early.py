"""What the forward pass knows of a gradient is computed by it, where one array then waits instead of several."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import lowered, spec

from symbp.lower.model import BACKWARD, FORWARD, LOSS, Program, Read, Statement, reads
from symbp.passes.contract import contract
from symbp.passes.dead import drop_dead
from symbp.passes.early import EARLY, derive_early
from symbp.passes.late import compute_late
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import optimize

SIZES = {"n": 3}
LAYERS = """{type: dense, name: up, units: 300, activation: %s}
{type: dense, name: out, units: 2}"""
KEEPING_TWO = ["gelu_tanh", "gelu", "mish"]


def probe(activation: str) -> Program:
    return lowered(spec(LAYERS % activation, "mse", inputs="{x: [5]}"))


def before(program: Program) -> Program:
    return compute_late(contract(drop_dead(program)[0], default_setting())[0])[0]


def results(program: Program, first: Program) -> dict[str, np.ndarray]:
    memory = run(program, sample(first, SIZES), (FORWARD, LOSS, BACKWARD), SIZES)
    return {name: memory[name] for name in ["loss", *(a.name for a in program.arrays if a.kind == "gradient")]}


def waiting(program: Program) -> set[str]:
    """What the gradient of the activation reads of the forward pass."""
    made = {s.target for s in program.plain(FORWARD)}
    return {name for s in program.plain(BACKWARD) if s.target == "dz_up" for name in reads(s.value)} & made


@pytest.mark.parametrize("activation", KEEPING_TWO)
def test_the_values_stay(activation: str) -> None:
    first = probe(activation)
    expected = results(first, first)
    early, did, choices = derive_early(before(first), default_setting())
    early.check()
    assert did == "1 factor of gradients by the forward pass" and [c.chosen for c in choices] == [EARLY]
    for program in (early, optimize(first, 1)[0]):
        for name, value in results(program, first).items():
            assert np.allclose(value, expected[name], rtol=1e-10, atol=1e-12), name


@pytest.mark.parametrize("activation", KEEPING_TWO)
def test_one_array_waits_for_the_backward_pass(activation: str) -> None:
    program = before(probe(activation))
    assert waiting(program) != {"slope_z_up"}
    early, _, _ = derive_early(program, default_setting())
    assert waiting(early) == {"slope_z_up"}
    made = next(s for s in early.plain(FORWARD) if s.target == "slope_z_up")
    others = [k for k, s in enumerate(early.statements) if isinstance(s, Statement) and s.stage == FORWARD]
    near = [k for k in others if {"z_up", *reads(made.value)} & set(reads(early.plain(FORWARD)[k].value))]
    assert early.plain(FORWARD).index(made) == max(near)  # behind all that reads the same


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "silu", "softplus"])
def test_one_array_that_waits_anyway_is_left(activation: str) -> None:
    program = before(probe(activation))
    assert derive_early(program, default_setting()) == (program, "", ())


def test_arrays_that_other_gradients_read_wait_anyway() -> None:
    program = before(probe("gelu_tanh"))
    axes = next(s.axes for s in program.plain(FORWARD) if s.target == "z_up")
    also = Statement("dz_up", axes, Read("z_up", axes), BACKWARD, accumulate=True)
    changed = replace(program, statements=(*program.statements, also))
    assert derive_early(changed, default_setting()) == (changed, "", ())
