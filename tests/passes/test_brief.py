"""Networks of a few numbers: functions in fewer calls, the same values for both signs and in every dtype."""

from __future__ import annotations

import importlib.util
import re
import warnings
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbp.compiler import compile_spec
from symbp.derive.network import derive
from symbp.graph.build import build
from symbp.lower.lower import lower
from symbp.lower.model import Apply, Axis, Node, Program, Read, Scalar, Statement, walk
from symbp.notation.expr import number
from symbp.passes.brief import few_calls
from symbp.passes.estimate import estimate
from symbp.passes.ledger import default_setting
from symbp.passes.pricing import Pricing
from symbp.passes.primitive import make_primitive
from symbp.spec.load import loads

SPEC = """
symbp: 1
name: brief
input: {{x: [3]}}
layers:
  - {{type: dense, name: fc1, units: {units}, activation: {activation}}}
  - {{type: dense, name: fc2, units: 2}}
loss: {{type: {loss}}}
train: {{optimizer: {{type: sgd, lr: 0.1}}, epochs: 1, batch_size: {batch}, seed: 0}}
"""


def spec(units: int = 4, activation: str = "sigmoid", loss: str = "binary_cross_entropy", batch: int = 8) -> str:
    return SPEC.format(units=units, activation=activation, loss=loss, batch=batch)


def lowered(text: str) -> Program:
    return lower(derive(build(loads(text))))


def functions(program: Program) -> set[str]:
    """The functions in the statements of a step; the probability is computed by predictions only."""
    step = (s for s in program.statements if isinstance(s, Statement) and s.stage != "probability")
    return {n.function for s in step for n in walk(s.value) if isinstance(n, Apply)}


@cache
def made(text: str, level: int) -> ModuleType:
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(f"brief_{level}", None))
    exec(compile(compile_spec(loads(text), level).module, "brief", "exec"), module.__dict__)
    return module


def test_a_net_of_a_few_numbers_is_brief_and_a_wide_one_is_not() -> None:
    program, did, (choice,) = few_calls(lowered(spec()), default_setting(8))
    assert program.brief and "written otherwise" in did and choice.chosen == "the fewest calls"
    assert {"sigmoid", "softplus"}.isdisjoint(functions(program)) and "logaddexp" in functions(program)
    wide = lowered(spec(units=2000, batch=128))
    program, did, (choice,) = few_calls(wide, default_setting(128))
    assert program is wide and not did and choice.chosen == "as they are"


def test_both_candidates_are_estimates_of_the_same_step() -> None:
    """The same sizes both ways: of a wide net the two differ little, of a narrow one by the calls that are left out."""
    for units, batch, least, most in ((2000, 128, 0.9, 1.1), (4, 8, 0.4, 0.9)):
        setting, program = default_setting(batch), lowered(spec(units=units, batch=batch))
        _, _, (choice,) = few_calls(program, setting)
        costs = dict(choice.candidates)
        assert costs["as they are"] == pytest.approx(estimate(make_primitive(program)[0], setting).total)
        assert least < costs["the fewest calls"] / costs["as they are"] < most


def test_a_function_of_several_calls_costs_all_of_them() -> None:
    """Of a long array the sigmoid is dearer than its exponential, and `logaddexp` than two logarithms."""
    axis = Axis("i", 100_000)
    z = Read("z", (axis,))

    def seconds(function: str, *more: Node) -> float:
        return Pricing(default_setting()).seconds(Statement("a", (axis,), Apply(function, (z, *more)), "forward"))

    assert seconds("sigmoid") > seconds("exp") + seconds("add", Scalar(number(1)))
    assert seconds("logaddexp", Scalar(number(0))) > 1.8 * seconds("log1p")


@pytest.mark.parametrize("activation", ("sigmoid", "tanh", "relu"))
@pytest.mark.parametrize("loss", ("binary_cross_entropy", "mse"))
@pytest.mark.parametrize("dtype", ("float32", "float64", "complex128"))
def test_losses_and_gradients_are_those_of_the_simplest_form(activation: str, loss: str, dtype: str) -> None:
    text = spec(activation=activation, loss=loss)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 3)), rng.uniform(0, 1, (5, 2))
    theta = (rng.standard_normal(made(text, 1).SIZE) * 3).astype(dtype)
    if dtype == "complex128":
        theta = theta + 1e-3j * rng.standard_normal(theta.size)
    found, wanted = (made(text, level).loss_and_grad(theta, x, y) for level in (1, 0))
    bound = 1e-5 if dtype == "float32" else 1e-12
    assert found[1].dtype == dtype and np.isclose(found[0], wanted[0], rtol=bound, atol=0)
    assert np.allclose(found[1], wanted[1], rtol=bound, atol=bound)


@pytest.mark.parametrize("dtype", ("float32", "float64", "complex128"))
@pytest.mark.parametrize("size", (1e2, 1e4))
def test_large_values_are_finite_and_no_warning_is_given(dtype: str, size: float) -> None:
    x, y = np.array([[size], [-size]]) * np.ones(3), np.array([[0.0, 1.0], [1.0, 0.0]])
    for activation in ("sigmoid", "identity"):
        module: Any = made(spec(activation=activation), 1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loss, grad = module.loss_and_grad(np.ones(module.SIZE, dtype), x, y)
        assert np.isfinite(loss) and np.isfinite(grad).all()


def test_complex_numbers_have_a_function_of_their_own() -> None:
    module: Any = made(spec(), 1)
    a, b, out = np.array([3.0, -800.0, 0.0]), np.array(0.0), np.empty(3)
    module.logaddexp(a, b, out)
    assert np.allclose(out, np.logaddexp(a, b), rtol=1e-15)
    h = 1e-200
    steps = np.empty(3, complex)
    module.logaddexp(a + 1j * h, b + 0j, steps)
    assert np.allclose(steps.imag / h, np.array([1 / (1 + np.exp(-3.0)), 0.0, 0.5]), atol=1e-15)


def test_every_number_of_a_step_is_an_array_of_the_workspace() -> None:
    text = compile_spec(loads(spec(loss="mse")), 1).module
    body = text[text.index("def forward") : text.index("def input_backward")]
    calls = [line.split("#")[0] for line in body.splitlines() if re.match(r" +\w+\(", line)]
    assert calls and not any(re.search(r"[(,] ?-?\d", call) for call in calls)
