"""Parameters that keep their values, and values that gradients take for constants."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from symbp import compiler
from symbp.derive import calculus
from symbp.derive.network import closed_forms
from symbp.derive.terms import ONE
from symbp.errors import VerificationError
from symbp.graph.build import build
from symbp.lower.model import BACKWARD, Statement
from symbp.spec.load import loads

from .generated import imported

FROZEN = """
symbp: 1
name: frozen
dtype: float64
input: {x: [6]}
frozen: [mid.fc.b, last.W]
define:
  optimizers:
    shrinking: {formula: "w = w - lr*g - 0.01*w"}
layers:
  - {type: dense, name: first, units: 5, activation: prelu, freeze: true}
  - {type: sequential, name: mid, layers: [{type: dense, name: fc, units: 4, activation: tanh}]}
  - {type: dense, name: fc2, units: 4, activation: tanh}
  - {type: dense, name: last, units: 2}
loss: {type: mse, l2: 0.1}
train: {optimizer: OPTIMIZER}
"""
STOPPED = """
symbp: 1
name: stopped
dtype: float64
input: {x: [6], c: [3], d: [6]}
define:
  layers:
    straight: {input: "x[n,i]", formula: "y[n,i] = x[n,i] + stop_gradient(sign(x[n,i]) - x[n,i])"}
layers:
  - {type: dense, name: a, inputs: x, units: 5, activation: tanh}
  - {type: stop_gradient, name: held, inputs: a}
  - {type: dense, name: b, inputs: held, units: 4, activation: tanh}
  - {type: dense, name: e, inputs: a, units: 4, activation: tanh}
  - {type: straight, name: s, inputs: e}
  - {type: multiply, name: m, inputs: [b, s, e]}
  - {type: stop_gradient, name: still, inputs: c}
  - {type: bilinear, name: out, inputs: [m, still], units: 6}
loss: {type: mse, target: d}
train: {optimizer: {type: adam, lr: 1e-3}}
"""
OPTIMIZERS = ("{type: adamw, lr: 0.01, weight_decay: 0.1, clip_norm: 1.0}", "{type: shrinking, lr: 0.1}")
LEVELS = (0, 1)


def source(optimizer: str = OPTIMIZERS[0]) -> str:
    return FROZEN.replace("OPTIMIZER", optimizer)


@cache
def made(text: str, level: int) -> ModuleType:
    module = compiler.compile_spec(loads(text, "frozen.yaml"), level).module
    return imported(f"frozen_{abs(hash(text))}_{level}", module)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("text", [*map(source, OPTIMIZERS), STOPPED], ids=["adamw", "shrinking", "stopped"])
def test_it_is_verified(text: str, level: int) -> None:
    assert compiler.generate(loads(text, "frozen.yaml"), level)[1].passed


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["adamw", "shrinking"])
def test_frozen_parameters_stay_and_are_saved(level: int, optimizer: str, tmp_path: Path) -> None:
    module = made(source(optimizer), level)
    kept = ("first.W", "first.b", "first.alpha", "mid.fc.b", "last.W")
    assert kept == module.FROZEN and list(module.PARAMETERS)[-5:] == list(kept)
    net, rng = module.Network(seed=1, keep_gradients=True), np.random.default_rng(0)
    net.parameters["first.W"][...] = 0.5
    before = {label: a.copy() for label, a in net.parameters.items()}
    net.fit(rng.normal(size=(40, 6)), rng.normal(size=(40, 2)), epochs=3, verbose=False)
    for label, array in net.parameters.items():
        assert np.array_equal(array, before[label]) == (label in kept), label
    assert not any(net.gradients[label].any() for label in kept)
    net.save(tmp_path / "net.safetensors")
    again = module.Network.load(tmp_path / "net.safetensors")
    assert np.array_equal(again.theta, net.theta)
    assert again.step(np.ones((2, 6)), np.ones((2, 2))) == net.step(np.ones((2, 6)), np.ones((2, 2)))
    assert np.array_equal(again.theta, net.theta)


def test_no_gradient_of_a_frozen_parameter_is_computed() -> None:
    program = compiler.compile_spec(loads(source(), "frozen.yaml"), 1).program
    targets = {s.target for s in program.statements if isinstance(s, Statement) and s.stage == BACKWARD}
    assert not targets & {"dW_first", "db_first", "dalpha_first", "db_mid_fc", "dW_last", "dz_first", "da_first"}
    assert {"dW_fc2", "dW_mid_fc", "db_last"} <= targets
    assert not [s for s in program.statements if isinstance(s, Statement) and "last" in s.target and "l2" in s.node]


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_stopped_is_detached(level: int) -> None:
    module, rng = made(STOPPED, level), np.random.default_rng(2)
    x = {"x": rng.normal(size=(7, 6)), "c": rng.normal(size=(7, 3)), "d": rng.normal(size=(7, 6))}
    theta = rng.normal(size=module.SIZE)
    loss, grad = module.loss_and_grad(theta, x)
    flat = torch.tensor(theta, requires_grad=True)
    p, at = {}, 0
    for label, shape in module.PARAMETERS.items():
        size = int(np.prod(shape))
        p[label] = flat[at : at + size].reshape(shape)
        at += size
    a = torch.tanh(torch.tensor(x["x"]) @ p["a.W"] + p["a.b"])
    b = torch.tanh(a.detach() @ p["b.W"] + p["b.b"])
    e = torch.tanh(a @ p["e.W"] + p["e.b"])
    m = b * (e + (torch.sign(e) - e).detach()) * e
    out = torch.einsum("ni,oij,nj->no", m, p["out.W"], torch.tensor(x["c"])) + p["out.b"]
    wanted = ((out - torch.tensor(x["d"])) ** 2).mean()
    wanted.backward()
    assert flat.grad is not None
    assert loss == pytest.approx(wanted.item(), rel=1e-12)
    np.testing.assert_allclose(grad, flat.grad.numpy(), rtol=1e-9, atol=1e-12)
    assert not module.input_gradient(theta, x)["c"].any()
    assert module.check_gradients() and set(module.METHODS) == {"complex step"}


@pytest.mark.parametrize("level", LEVELS)
def test_a_gradient_through_what_is_stopped_is_refused(level: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calculus.slope.cache_clear()
    closed_forms.cache_clear()
    monkeypatch.setattr(calculus, "CONSTANT", frozenset())
    assert calculus.slope("stop_gradient") == ONE
    with pytest.raises(VerificationError, match="held differences"):
        compiler.generate(loads(STOPPED, "frozen.yaml"), level)
    calculus.slope.cache_clear()
    closed_forms.cache_clear()


def test_a_value_that_is_not_stopped_in_the_module_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    render = compiler.render
    old, new = "y_held[...] = a_a.real", "y_held[...] = a_a"
    monkeypatch.setattr(compiler, "render", lambda *given: render(*given).replace(old, new))
    with pytest.raises(VerificationError, match="complex step"):
        compiler.generate(loads(STOPPED, "frozen.yaml"), 1)


def test_a_frozen_parameter_that_moves_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    render = compiler.render
    moved = "update(self._theta[:TRAINED], self._grad[:TRAINED], "
    more = "self._theta[TRAINED:] *= 0.999\n        "
    monkeypatch.setattr(compiler, "render", lambda *given: render(*given).replace(moved, more + moved))
    with pytest.raises(VerificationError, match="step"):
        compiler.generate(loads(source(), "frozen.yaml"), 1)


def test_the_frozen_stand_behind_the_trained_in_the_order_of_the_spec() -> None:
    graph = build(loads(source(), "frozen.yaml"))
    assert [p.tensor.label for p in graph.parameters] == [
        "mid.fc.W", "fc2.W", "fc2.b", "last.b", "first.W", "first.b", "first.alpha", "mid.fc.b", "last.W",
    ]  # fmt: skip
    assert [p.decayed for p in graph.parameters] == [True, True, *[False] * 7]
