"""Draws, states and predictions are verified: what is right passes at both levels, planted errors are refused."""

from __future__ import annotations

from functools import cache

import pytest

from symbp.compiler import Artifacts, compile_spec
from symbp.spec.load import loads
from symbp.verify.check import verify

NORM = """
symbp: 1
name: modes
input: {x: [4]}
layers:
  - {type: dense, name: fc1, units: 5}
  - {type: batch_norm, name: bn}
  - {type: dense, name: fc2, units: 4, activation: tanh}
  - {type: dropout, name: drop, rate: 0.2}
  - {type: dense, name: out, units: 3}
loss: {type: mse}
train: {optimizer: {type: momentum, lr: 0.05, momentum: 0.9}}
"""
OWN = """
symbp: 1
name: own
input: {x: [4]}
define:
  activations:
    jitter: {formula: "z*u", random: {u: {distribution: uniform, scale: 0.2, shift: 0.9, still: 1}}}
  layers:
    centred:
      input: "x[n,i]"
      formula: |
        m[i] = mean[n](x[n,i])
        y[n,i] = x[n,i] - m[i] + s*u[n,i]
      parameters: {s: 0.1, speed: 0.2}
      random: {u: {axes: "[n,i]", distribution: normal, scale: "2*s"}}
      state: {kept: {axes: "[i]"}}
      inference: "y[n,i] = x[n,i] - kept[i]"
      after: "kept[i] = (1 - speed)*kept[i] + speed*m[i]"
    scaled:
      input: "x[n,i]"
      formula: "y[n,i] = x[n,i]*size[i] + w[i]"
      state: {size: {axes: "[i]", start: 1}}
      parameters: {w: "[i]"}
      init: {w: ones}
      before: "size[i] = 0.9*size[i] + 0.1*w[i]**2"
layers:
  - {type: dense, units: 4, activation: jitter, name: a}
  - {type: centred, name: c, s: 0.3}
  - {type: scaled, name: s}
  - {type: dense, units: 2, name: out}
loss: mse
"""
SEQUENCE = """
symbp: 1
name: sequence
sizes: {T: any}
input: {x: [T, 4]}
layers:
  - {type: batch_norm, name: bn}
  - {type: instance_norm, name: norm, affine: true, track: true}
  - {type: dense, name: fc, units: 3, activation: rrelu}
  - {type: channel_dropout, rate: 0.3}
loss: {type: cross_entropy, labels: integer}
"""


@cache
def made(text: str, level: int) -> Artifacts:
    return compile_spec(loads(text.lstrip(), "modes.yaml"), level)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("text", [NORM, OWN, SEQUENCE], ids=["norm", "own", "sequence"])
def test_nothing_planted_nothing_refused(text: str, level: int) -> None:
    found = made(text, level)
    verdict = verify(found.module, found.graph)
    assert verdict.passed, verdict.table()
    assert {"what is drawn", "draws of the network", "states after each step"} <= {row.subject for row in verdict.rows}


# What is planted in the simplest form of the first network, and what must notice it.
STATES = "states after each step"
PLANTED = {
    "missing mean": ("dy_bn - np.mean(dy_bn, axis=0)", "dy_bn", "fc1.W"),
    "missing third term": ("- xhat_bn * np.mean(dy_bn * xhat_bn, axis=0)", "", "fc1.W"),
    "mean of another axis": ("dy_bn - np.mean(dy_bn, axis=0)", "dy_bn - np.mean(dy_bn)", "fc1.W"),
    "scale without its factor": ("np.sum(dy_bn * xhat_bn, axis=0)", "np.sum(dy_bn, axis=0)", "bn.gamma"),
    "backward without the mask": ("(dz_out @ p.W_out.T) * ws.keep_drop", "(dz_out @ p.W_out.T)", "fc2.W"),
    "momentum of the mean": ("0.9 * s.running_mean_bn + 0.1", "0.8 * s.running_mean_bn + 0.2", STATES),
    "biased variance": ("(10 * (n - 1))", "(10 * n)", STATES),
    "no new states": ("follow(self._p, self._s, ws, *data[: len(INPUTS)])", "pass", STATES),
    "prediction without the mean": ("+ p.b_fc1 - s.running_mean_bn)", "+ p.b_fc1)", "predict"),
    "prediction with another eps": ("s.running_var_bn + 1e-05", "s.running_var_bn + 1e-03", "predict"),
    "mask without its scale": ("ws.keep_drop *= 1.25", "pass", "what is drawn"),
    "another probability": ("np.less(ws.keep_drop, 0.8,", "np.less(ws.keep_drop, 0.7,", "what is drawn"),
    "one draw for all": ("self.generator if training", "np.random.default_rng(0) if training", "draws of the network"),
    "nothing drawn in a step": ("data, self.generator)", "data, None)", "step (momentum)"),
    "start of a state": ("s.running_var_bn[...] = 1.0", "s.running_var_bn[...] = 2.0", "states at the start"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_refused(name: str) -> None:
    right, wrong, notices = PLANTED[name]
    found = made(NORM, 0)
    assert right in found.module
    verdict = verify(found.module.replace(right, wrong), found.graph)
    assert notices in {row.subject for row in verdict.failures}, verdict.table()


def test_small_batches_are_checked_where_they_have_statistics() -> None:
    found = made(NORM, 0)
    assert "LEAST = 2" in found.module
    few = 'raise ValueError("x: batch statistics need two samples at least, found one")'
    assert few in found.module
    assert "LEAST" not in made(NORM.replace("  - {type: batch_norm, name: bn}\n", ""), 0).module
