"""Axes made of letters: arrays that formulas read by other axes than they have, against NumPy written out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from symbp.compiler import compile_spec, require
from symbp.spec.load import loads
from symbp.verify.check import verify
from symbp.verify.loading import loaded
from tests.oracle.generated import close, views

Array = npt.NDArray[Any]

GROUPED = """
input: {x: [3, 12]}
axes: {x: [time, feature]}
define:
  layers:
    grouped:
      input: "x[n,(g i)]"
      output: "y[n,(g o)]"
      sizes: {units: (g o), groups: g}
      parameters: {W: "[(g o),i]", b: "[(g o)]"}
      init: {W: glorot_uniform, b: {type: normal, std: 0.1}}
      formula: "y[n,g,o] = sum[i](x[n,g,i]*W[g,o,i]) + b[g,o]"
    centred:
      input: "x[n,(g i)]"
      output: "y[n,(g i)]"
      sizes: {groups: g}
      formula: |
        m[n,g] = mean[i](x[n,g,i])
        y[n,g,i] = (x[n,g,i] - m[n,g])/(1 + mean[k]((x[n,g,k] - m[n,g])**2))
    flat:
      input: "x[n,t,i]"
      output: "y[n,(t i)]"
      formula: "y[n,t,i] = x[n,t,i]"
layers:
  - {type: grouped, name: a, units: 6, groups: 3, activation: tanh}
  - {type: centred, name: b, groups: 2}
  - {type: flat, name: f}
  - {type: dense, name: d, units: 2}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}}
"""
TURNED = """
input: {x: [4]}
define:
  layers:
    apart:
      input: "x[n,i]"
      output: "y[n,(g o)]"
      sizes: {units: (g o), groups: g}
      parameters: {W: "[i,(g o)]"}
      init: {W: glorot_uniform}
      formula: "y[n,g,o] = (g + 1)*sum[i](x[n,i]*W[i,g,o])"
layers:
  - {type: dense, name: a, units: 6, activation: tanh}
  - {type: apart, name: b, units: 4, groups: 2, share: {W: a.W.T}}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}}
"""


def _grouped(p: dict[str, Array], x: Array) -> Array:
    n = len(x)
    a = np.einsum("ntgi,goi->ntgo", x.reshape(n, 3, 3, 4), p["a.W"].reshape(3, 2, 4)).reshape(n, 3, 6)
    a = np.tanh(a + p["a.b"]).reshape(n, 3, 2, 3)
    m = a.mean(axis=3, keepdims=True)
    b = (a - m) / (1 + ((a - m) ** 2).mean(axis=3, keepdims=True))
    return np.asarray(b.reshape(n, 18) @ p["d.W"] + p["d.b"])


def _turned(p: dict[str, Array], x: Array) -> Array:
    a = np.tanh(x @ p["a.W"] + p["a.b"])
    return np.asarray(a @ p["a.W"].T * np.array([1.0, 1.0, 2.0, 2.0]))


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize(("text", "net"), [(GROUPED, _grouped), (TURNED, _turned)], ids=["grouped", "turned"])
def test_letters_of_one_axis(text: str, net: Any, level: int) -> None:
    made = compile_spec(loads(f"symbp: 1\nname: trial\ndtype: float64\n{text}", "trial.yaml"), level)
    require(verify(made.module, made.graph))
    rng = np.random.default_rng(0)
    with loaded(made.module) as module:
        theta = rng.standard_normal(module.SIZE)
        x = rng.standard_normal((5, *module.INPUTS["x"]))
        y = rng.standard_normal((5, *module.OUTPUT))
        loss, _ = module.loss_and_grad(theta, x, y)
        network = module.Network()
        network.theta = theta
        wanted = net(views(module, theta), x)
        close(network.predict(x), wanted)
        close(loss, ((wanted - y) ** 2).mean())


def test_a_layer_that_only_takes_axes_together_computes_nothing() -> None:
    made = compile_spec(loads(f"symbp: 1\nname: trial\n{GROUPED}", "trial.yaml"))
    body = made.module[made.module.index("def forward") : made.module.index("class Optimizer")]
    assert not re.search(r"\by_f\b", body)
    assert "self.y_b_matrix = self.y_b.reshape(18, n)" in made.module  # samples lie last
