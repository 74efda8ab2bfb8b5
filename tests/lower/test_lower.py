"""Programs as lowered: names, axes, numbers of equations, order; values and gradients by a slow evaluator."""

from __future__ import annotations

import numpy as np
import pytest

from symbp.lower.model import BACKWARD, FORWARD, LOSS, PROBABILITY, Read, Statement, axes_of, walk

from .interpret import run, sample
from .networks import NETWORKS, RECURRENCES, lowered
from .windowed import WINDOWED

PROBES = {**NETWORKS, **WINDOWED, **RECURRENCES}

STEP = (FORWARD, LOSS, BACKWARD)
SIZES = {"n": 3, "T": 2}


@pytest.mark.parametrize("name", PROBES)
def test_gradients_are_those_of_the_loss(name: str) -> None:
    program = lowered(PROBES[name])
    arrays = sample(program, SIZES)
    inputs = tuple(s for s in {s.stage: None for s in program.statements} if s.startswith("input "))
    found = run(program, arrays, (*STEP, *inputs), SIZES)
    wanted = [a.name for a in program.arrays if a.kind in ("parameter", "input") and f"d{a.name}" in found]
    assert set(wanted) == {a.name for a in program.arrays if a.kind in ("parameter", "input")}
    rng = np.random.default_rng(1)
    for w in wanted:
        direction = rng.normal(size=arrays[w].shape)

        def loss(h: float, w: str = w, direction: np.ndarray = direction) -> float:
            moved = {**arrays, w: arrays[w] + h * direction}
            return float(run(program, moved, (FORWARD, LOSS), SIZES)["loss"])

        h = 1e-5
        expected = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
        rounding = 1e-15 * abs(float(found["loss"])) / h  # of the losses in the differences
        assert float((found[f"d{w}"] * direction).sum()) == pytest.approx(expected, rel=1e-7, abs=1e-9 + rounding), w


@pytest.mark.parametrize("name", PROBES)
def test_every_statement_has_its_number_and_exact_axes(name: str) -> None:
    program = lowered(PROBES[name])
    program.check()
    for s in program.statements:
        assert isinstance(s, Statement)
        if s.stage != "update" and not s.target.endswith(("_steps", "_samples")):  # copies in another order
            section, _, row = s.equation.partition(".")
            assert section.isdigit() and row.isdigit()
            assert all(n.equation == s.equation for n in walk(s.value))
        assert set(axes_of(s.value)) == set(s.axes)


def test_local_names_become_those_of_the_network() -> None:
    program = lowered(NETWORKS["relu, labels"])
    assert [s.target for s in program.plain(FORWARD)] == ["z_fc1", "a_fc1", "z_fc2"]
    assert program.plain(BACKWARD)[0].target == "dz_fc2"
    assert program.array("dW_fc1").text == "g.W_fc1"
    assert program.array("W_fc1").text == "p.W_fc1"
    assert program.array("x").shape == ("n", 4)
    assert program.parameter_count == 4 * 5 + 5 + 5 * 3 + 3


def test_what_the_output_does_not_need_is_no_part_of_the_forward_pass() -> None:
    program = lowered(NETWORKS["relu, labels"])
    assert "loss" in [s.target for s in program.plain(LOSS)]
    assert program.plain(PROBABILITY)[-1].target == program.probabilities[0][1]


def test_tied_weights_are_read_and_written_with_axes_reversed() -> None:
    program = lowered(NETWORKS["tied"])
    writes = [s for s in program.statements if isinstance(s, Statement) and s.target == "dW_encode"]
    assert [s.accumulate for s in writes] == [False, True]
    assert all(tuple(a.size for a in s.axes) == (4, 3) for s in writes)
    decode = next(s for s in program.plain(FORWARD) if s.target == "z_decode")
    read = next(n for n in walk(decode.value) if isinstance(n, Read) and n.name == "W_encode")
    assert tuple(a.size for a in read.axes) == (4, 3)
    assert program.array("t").kind == "target"  # the target has a name of its own


def test_penalties_are_added_after_the_products() -> None:
    program = lowered(NETWORKS["penalties"])
    targets = [(s.target, s.accumulate) for s in program.plain(BACKWARD) if s.target.startswith("dW")]
    assert targets == [
        ("dW_fc2", False), ("dW_fc1", False),
        ("dW_fc1", True), ("dW_fc2", True), ("dW_fc1", True), ("dW_fc2", True),
    ]  # fmt: skip
    assert [s.accumulate for s in program.plain(LOSS) if s.target == "loss"] == [False, True, True, True, True]


def test_a_size_that_a_call_fixes_is_found_on_an_input() -> None:
    program = lowered(NETWORKS["any length"])
    assert program.sizes == (("n", "x", 0), ("T", "x", 1))
    assert program.array("z_fc1").shape == ("n", "T", 5)


def test_a_program_describes_itself() -> None:
    text = lowered(NETWORKS["tanh, one output"]).describe()
    assert "  z_out[n,j] = sum[i](x[n,i]*W_out[i,j]) + b_out[j]   (1.1)\n" in text
    assert "update:\n" in text
