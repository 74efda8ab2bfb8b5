"""Biases as rows of their weights: where the pattern is met, and only there."""

from __future__ import annotations

from lower.networks import lowered, spec

from symbp.emit.code import code_of
from symbp.lower.model import Program, Statement
from symbp.passes.brief import few_calls
from symbp.passes.contract import contract
from symbp.passes.ledger import default_setting
from symbp.passes.ones import bias_rows
from symbp.passes.optimize import optimize

TWO = "{type: dense, name: a, units: 4, activation: tanh}\n{type: dense, name: b, units: 3}"


def rows(layers: str, samples: int = 8, loss: str = "{type: mse}") -> tuple[Program, str]:
    """The program after the pass, and what it did."""
    setting = default_setting(samples)
    program, _ = optimize_until(layers, loss, samples)
    program, did, _ = bias_rows(program, setting)
    program.check()
    return program, did


def optimize_until(layers: str, loss: str, samples: int) -> tuple[Program, str]:
    """The program as it is before the pass: with its products."""
    setting = default_setting(samples)
    program, _, _ = contract(lowered(spec(layers, loss)), setting)
    program, did, _ = few_calls(program, setting)
    return program, did


def filled(program: Program) -> set[str]:
    return {s.target for s in program.statements if isinstance(s, Statement)}


def test_weights_and_bias_have_one_product_and_one_gradient() -> None:
    program, did = rows(TWO)
    assert did == "2 biases in the product"
    assert {"dW_a_and_bias", "dW_b_and_bias", "x_copy"} <= filled(program)
    assert {"dW_a", "db_a", "dW_b", "db_b"}.isdisjoint(filled(program))
    whole = program.array("a_a_one")
    assert whole.shape == (5, "n") and whole.ones == 0 and program.array("a_a").view_of == "a_a_one"


def test_what_lies_beside_the_weights_is_their_bias() -> None:
    program, _ = rows(TWO)
    weights, bias, both = (program.array(name) for name in ("W_b", "b_b", "W_b_and_bias"))
    assert both.begin == weights.begin and bias.begin == both.begin + 4 * 3 and both.shape == (5, 3)


def test_a_penalty_on_weights_keeps_their_gradient_apart() -> None:
    program, did = rows(TWO, loss="{type: mse, l2: 0.1}")
    assert not did and "dW_a" in filled(program)


def test_an_activation_that_is_an_output_is_not_turned() -> None:
    program, did = rows("{type: dense, name: a, units: 4, activation: tanh}", loss="{type: mse}")
    assert did == "1 bias in the product" and program.array("a_a").turned == ()


def test_long_arrays_stay_as_they_are() -> None:
    program, did = rows(TWO, samples=100_000)
    assert not did and not program.brief and "dW_a" in filled(program)


def test_the_module_has_a_view_of_both() -> None:
    program, _ = optimize(lowered(spec(TWO, "{type: mse}")), 1, default_setting(8))
    assert [(j.name, j.shape) for j in code_of(program).joined] == [("W_a_and_bias", (5, 4)), ("W_b_and_bias", (5, 3))]
