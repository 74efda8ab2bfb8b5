"""The estimate of a step adds up the prices by which passes choose."""

from __future__ import annotations

import pytest
from lower.networks import NETWORKS, lowered

from symbp.lower.model import BACKWARD, FORWARD, LOSS, UPDATE, Affine, Apply, Axis, Read, Statement
from symbp.passes.estimate import estimate
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import optimize
from symbp.passes.pricing import Pricing

SETTING = default_setting(64)


@pytest.mark.parametrize("name", ["relu, labels", "softmax inside", "any length"])
def test_a_program_of_calls_costs_what_its_calls_cost(name: str) -> None:
    program, ledger = optimize(lowered(NETWORKS[name]), 1, SETTING)
    step = [s for stage in (FORWARD, LOSS, BACKWARD, UPDATE) for s in program.plain(stage) if s.axes and not s.loop]
    found = estimate(program, SETTING)
    assert sum(seconds for _, seconds in found.seconds) == pytest.approx(sum(map(Pricing(SETTING).seconds, step)))
    assert found.calls == len(step)
    assert ledger.estimate == tuple(found.describe())


def test_a_program_of_trees_is_taken_apart_first() -> None:
    program, _ = optimize(lowered(NETWORKS["relu, labels"]), 0, SETTING)
    found = estimate(program, SETTING)
    nested = [s for stage in (FORWARD, LOSS, BACKWARD, UPDATE) for s in program.plain(stage) if s.axes]
    assert found.flops > 0
    assert found.calls > len(nested)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_no_step_is_estimated_below_the_best_rates(name: str) -> None:
    program, _ = optimize(lowered(NETWORKS[name]), 1, SETTING)
    found = estimate(program, SETTING)
    assert 0 < found.least < found.total


def test_a_network_without_parameters_has_an_estimate() -> None:
    net = "symbp: 1\nname: net\ninput: {x: [5, 6]}\nlayers: [{type: positional_encoding}]\nloss: mse"
    program, _ = optimize(lowered(net), 1, SETTING)
    assert 0 < estimate(program, SETTING).least < 1


def test_blocks_count_as_often_as_they_are_carried_out() -> None:
    block = "{type: repeat, times: TIMES, checkpoint: AGAIN, layers: [{type: dense, units: 8, activation: tanh}]}"
    net = f"symbp: 1\nname: net\ninput: {{x: [8]}}\nlayers: [{block}]\nloss: mse"

    def calls(times: int, again: str) -> int:
        program, _ = optimize(lowered(net.replace("TIMES", str(times)).replace("AGAIN", again)), 1, SETTING)
        return estimate(program, SETTING).calls

    each = calls(6, "false") - calls(5, "false")
    assert each == 8  # z, b, tanh; two for the slope of tanh, dW, db, dx
    assert calls(6, "true") - calls(5, "true") == each + 3  # the forward pass once more


def test_functions_that_take_longer_cost_more() -> None:
    program = lowered(NETWORKS["relu, labels"])
    s = next(s for s in program.plain(FORWARD) if s.axes)
    read = Read(s.target, s.axes)
    cheap, dear = (
        Pricing(SETTING).seconds(Statement("y", s.axes, Apply(function, (read,)), FORWARD))
        for function in ("negative", "exp")
    )
    assert dear > cheap


def test_a_shifted_read_ends_a_run() -> None:
    """Of rows that lie one behind the other, all but the ends are read: each row is a run of its own."""
    n, q, r, v, at, top = Axis("n", 32), Axis("q", 32), Axis("r", 4), Axis("v", 3), Axis("at", 32), Axis("top", 4)
    tapped, whole = ((at, Affine(((q, 1), (v, 1)), -1)),), ((at, Affine(((q, 1),))),)
    runs = [Pricing(SETTING).run((r, q, n), (r, at, n), places) for places in (tapped, whole)]
    assert runs == [32 * 32, 4 * 32 * 32]
    outer = ((top, Affine(((r, 1),), 1)),)
    assert Pricing(SETTING).run((r, q, n), (top, q, n), outer) == 4 * 32 * 32
