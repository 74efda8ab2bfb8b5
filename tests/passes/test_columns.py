"""Logits with the samples last: chosen by cost where rows are short and many, and right however they lie."""

from __future__ import annotations

import numpy as np
import pytest
from lower.networks import lowered
from module.generated import imported

from symbp import compiler
from symbp.lower.model import Axis, Flat, OneHot, Program, Read, Statement, walk
from symbp.passes.hot_rows import are_rows, flat_places
from symbp.passes.layouts import choose_layouts, choose_layouts_for_loops
from symbp.passes.ledger import Choice, default_setting
from symbp.passes.optimize import optimize
from symbp.spec.load import loads

from .front import before

CLASSES = """
symbp: 1
name: {name}
input: {{x: [6]}}
layers:
  - {{type: dense, name: hidden, units: 32, activation: tanh}}
  - {{type: dense, name: out, units: {classes}}}
loss: {{type: cross_entropy, labels: integer}}
dtype: float64
train: {{optimizer: {{type: sgd, lr: 0.1}}, epochs: 1, batch_size: {samples}, seed: 0}}
"""
PIXELS = """
symbp: 1
name: pixels
input: {x: [4, 6]}
layers: [{type: dense, name: out, units: 3}]
loss: {type: cross_entropy, labels: integer}
dtype: float64
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 1024, seed: 0}
"""


def spec(name: str, classes: int, samples: int) -> str:
    return CLASSES.format(name=name, classes=classes, samples=samples)


def choice(choices: tuple[Choice, ...], value: str) -> Choice:
    return next(c for c in choices if f" {value}" in c.what)


@pytest.mark.parametrize(("classes", "samples", "chosen"), [(3, 4096, "[3, n]"), (10, 256, "[10, n]"),
                                                            (10, 64, "[n, 10]"), (400, 64, "[n, 400]")])  # fmt: skip
def test_the_cheaper_order_of_logits_is_chosen(classes: int, samples: int, chosen: str) -> None:
    program = before("layouts", spec("columns", classes, samples))
    _, _, choices = choose_layouts(program, default_setting(samples))
    made = choice(choices, "dz_out")
    prices = dict(made.candidates)
    assert made.chosen == chosen and set(prices) == {f"[n, {classes}]", f"[{classes}, n]"}
    assert prices[f"[{classes}, n]"] < 0.6 * prices[f"[n, {classes}]"] or samples < 4096


def test_callers_see_the_output_as_ever_and_a_step_does_not_copy_it() -> None:
    text = compiler.compile_spec(loads(spec("columns_seen", 3, 4096), "columns_seen.yaml")).module
    assert "z_out: Array = turned_z_out.T" in text and "self.z_out = " not in text
    assert "# turned_z_out is [3, n]" in text
    net = imported("columns_seen", text).Network(seed=0)
    x = np.random.default_rng(0).standard_normal((5, 6))
    assert net.predict_proba(x).shape == (5, 3) and np.allclose(net.predict_proba(x).sum(axis=1), 1)


@pytest.mark.parametrize("samples", [1, 2, 7])
def test_losses_and_gradients_are_those_of_the_simplest_form(samples: int) -> None:
    one = imported("columns_1", compiler.compile_spec(loads(spec("columns_1", 3, 4096), "columns_1.yaml")).module)
    zero = imported("columns_0", compiler.compile_spec(loads(spec("columns_0", 3, 4096), "columns_0.yaml"), 0).module)
    rng = np.random.default_rng(samples)
    x, y = rng.standard_normal((samples, 6)), rng.integers(0, 3, samples)
    a, b = one.Network(seed=1), zero.Network(seed=1)
    for net in (a, b):
        net.theta = np.random.default_rng(2).standard_normal(net.theta.size)
    (loss, grad), (expected, other) = a.loss_and_grad(x, y), b.loss_and_grad(x, y)
    assert abs(loss - expected) < 1e-12 and np.max(np.abs(grad - other)) < 1e-12
    assert np.allclose(a.input_gradient(x, y), b.input_gradient(x, y), rtol=0, atol=1e-12)
    assert np.allclose(a.predict_proba(x), b.predict_proba(x), rtol=0, atol=1e-12)
    assert a.evaluate(x, y) == pytest.approx(b.evaluate(x, y), abs=1e-12)


def test_labels_of_several_axes_find_their_places_in_columns() -> None:
    text = compiler.compile_spec(loads(PIXELS, "pixels.yaml")).module
    assert "place_loss += places_4_n" in text
    simple = compiler.compile_spec(loads(PIXELS, "pixels.yaml"), 0).module
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((3, 4, 6)), rng.integers(0, 3, (3, 4))
    a, b = (imported(name, t).Network(seed=1) for name, t in (("pixels_1", text), ("pixels_0", simple)))
    (loss, grad), (expected, other) = a.loss_and_grad(x, y), b.loss_and_grad(x, y)
    assert abs(loss - expected) < 1e-12 and np.max(np.abs(grad - other)) < 1e-12


def flats(program: Program) -> list[Flat]:
    return [n for s in program.statements if isinstance(s, Statement) for n in walk(s.value) if isinstance(n, Flat)]


def test_the_compiled_flavour_takes_logits_by_rows() -> None:
    program = before("layouts", spec("columns", 3, 4096))
    _, _, choices = choose_layouts_for_loops(program, default_setting(4096))
    assert not [c for c in choices if "dz_out" in c.what]
    done, _ = optimize(lowered(spec("columns", 3, 4096)), 2, default_setting(4096))
    assert not any(place.first for place in flats(done))
    done, _ = optimize(lowered(spec("columns", 3, 4096)), 1, default_setting(4096))
    assert any(place.first for place in flats(done))


def test_places_lie_behind_or_in_front_of_all_labels() -> None:
    n, t, k = Axis("n", "n"), Axis("t", 4), Axis("k", 3)
    hot = OneHot(Read("y", (n, t)), k)
    assert [are_rows(axes, hot) for axes in ((n, t, k), (t, n, k), (k, n, t), (n, k, t), (n, k), (n, t))] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert not flat_places((n, t, k), hot).first and flat_places((k, n, t), hot).first


def test_only_outputs_in_columns_are_remarked_on() -> None:
    """Values of small nets lie with the samples last for other reasons: biases as rows of their weights."""
    small = spec("columns_small", 3, 4).replace("units: 32", "units: 4")
    text = compiler.compile_spec(loads(small, "columns_small.yaml")).module
    assert "self.z_hidden = _empty((4, n), dtype)" in text and "reduces short rows" not in text
