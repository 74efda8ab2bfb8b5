"""The default form of a module has the losses and gradients of the simplest one, for every example, in both flavours.

The loops of the compiled flavour are carried out by Python here: to compile all examples would take minutes, and
tests/module/test_compiled.py compares what is compiled.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from module.compiling import needs_numba
from module.levels import COMPILES, all_forms, require_equal_gradients, require_equal_predictions
from symbp.spec.load import load, loads

SPECS = sorted((Path(__file__).resolve().parents[2] / "specs").glob("*.yaml"))
# Small networks that once went wrong in one form or another.
ODD = {
    "a clamped gradient of more than a thousand numbers": """
input: {x: [400]}
layers: [{type: dense, units: 400}]
loss: smooth_l1
""",
    "two branches that flatten an image in different orders": """
input: {x: [2, 3, 4]}
layers:
  - {type: conv2d, name: image, filters: 2, kernel: 1}
  - {type: select, name: plane, index: 0}
  - {type: transpose, name: turned, inputs: image, axes: [1, 3]}
  - {type: flatten, name: first}
  - {type: flatten, name: other, inputs: plane}
  - {type: concat, name: both, inputs: [first, other]}
  - {type: dense, units: 3}
loss: mse
""",
    "two penalties": """
input: {x: [4]}
layers: [{type: dense, units: 3}]
loss: {type: mse, l2: 0.1, l1: 0.01}
""",
    "a transposed convolution in groups": """
input: {x: [4, 5, 6]}
layers: [{type: conv_transpose2d, filters: 2, groups: 2, kernel: 3, padding: 1}]
loss: mse
""",
    "a transposed convolution in front of maxima": """
input: {x: [2, 4, 4]}
layers:
  - {type: conv_transpose2d, name: up, filters: 2, kernel: 4, stride: 2, padding: 1, activation: relu}
  - {type: max_pool2d, size: 2}
loss: mse
""",
    "maxima of maxima": """
input: {x: [2, 9, 9]}
layers:
  - {type: conv2d, filters: 4, kernel: 2, activation: sigmoid}
  - {type: max_pool2d, size: 2}
  - {type: max_pool2d, size: 2}
  - {type: conv2d, filters: 2, kernel: 2, padding: 1}
loss: mse
""",
    "maxima behind a convolution in groups": """
input: {x: [2, 5, 6]}
layers:
  - {type: conv2d, filters: 4, kernel: 3, padding: 1, activation: sigmoid}
  - {type: conv2d, filters: 4, groups: 4, kernel: 3, padding: 1, activation: sigmoid}
  - {type: max_pool2d, size: 2, stride: 1}
loss: mse
""",
    "convolutions with dilation": """
input: {x: [3, 12, 12]}
layers:
  - {type: conv2d, filters: 16, kernel: 3, dilation: 2, padding: 2, activation: relu}
  - {type: conv2d, filters: 16, kernel: 3, dilation: [2, 3], activation: relu}
loss: mse
""",
    "maxima of channels in groups": """
input: {x: [8, 4, 4]}
layers:
  - {type: group_norm, groups: 2, freeze: true}
  - {type: max_pool2d, size: 2}
  - {type: conv2d, filters: 2, kernel: 1}
loss: mse
""",
    "blocks of lstms that are computed again": """
input: {x: [5, 4]}
layers: [{type: dense, units: 4}, {type: repeat, times: 2, checkpoint: true, layers: [{type: lstm, units: 4}]}]
loss: mse
""",
    "blocks with the name of the loss": """
input: {x: [6]}
layers:
  - {type: dense, name: first, units: 6}
  - {type: repeat, name: loss, times: 2, layers: [{type: dense, units: 6, activation: tanh}]}
loss: {type: cross_entropy, labels: probabilities, class_weights: [1, 2, 1, 2, 1, 2]}
""",
    "blocks behind what a prediction reads in another shape": """
input: {x: [2, 3]}
layers:
  - {type: dense, units: 3}
  - {type: flatten}
  - {type: repeat, times: 2, layers: [{type: dense, units: 6}]}
  - {type: alpha_dropout, rate: 0.2}
loss: mse
""",
    "a recurrence that reads another one a step before": """
input: {x: [5, 3]}
define:
  layers:
    own:
      input: "x[n,t,i]"
      formula: |
        u[n,t,i] = x[n,t,i]**2
        h[n,t,i] = h[n,t-1,i] + x[n,t-1,0]
        y[n,t,i] = h[n,t,i]*u[n,t,i]
layers: [{type: lstm, units: 4}, {type: own}, {type: dense, units: 1}]
loss: mse
""",
    "a layer with the name of the loss": """
input: {x: [6]}
layers: [{type: dense, name: loss, units: 4}, {type: dense, name: out, units: 3}]
loss: mse
""",
    "an image that the gradient by the input tears": """
input: {x: [1, 5, 4, 2]}
layers:
  - {type: l2_pool3d, size: [2, 1, 3], padding: 1}
  - {type: avg_pool3d, size: 4, stride: 3, padding: same, activation: relu}
  - {type: conv3d, filters: 4, kernel: 1, padding: 2}
  - {type: batch_norm, axis: width, activation: tanhshrink}
  - {type: max_pool3d, size: 2, dilation: [1, 2, 2]}
  - {type: max_pool3d, size: 3, padding: same}
loss: mse
""",
    "a step in one call of sequences of any length": """
input: {x: [T, 8]}
sizes: {T: any}
layers: [{type: first_step}, {type: dense, units: 8}]
loss: hinge
""",
    "two loops that each look up their rows": """
input: {x: [T]}
input_type: integer
sizes: {T: any}
layers:
  - {type: embedding, rows: 11, units: 4}
  - {type: bidirectional, layers: [{type: gru, units: 96}]}
loss: mse
train: {optimizer: adam, batch_size: 512, typical_sizes: {T: 64}}
""",
    "blocks that leave a view of memory which the next one fills before it has read it": """
input: {x: [5, 3]}
layers:
  - type: repeat
    times: 3
    layers:
      - {type: residual, layers: [{type: rnn, units: 3, initial: learned}]}
      - {type: layer_norm}
  - {type: dropout, rate: 0.5}
loss: mse
""",
    "blocks with the name of a gradient": """
input: {a: [3]}
layers:
  - {type: dense, units: 3}
  - {type: repeat, name: da, times: 2, layers: [{type: dense, units: 3, activation: tanh}]}
  - {type: residual, inputs: a, name: other, layers: [{type: dense, units: 3}]}
  - {type: add, inputs: [other, da]}
loss: mse
""",
    "blocks that share a weight which is computed": """
input: {x: [3]}
layers:
  - type: repeat
    times: 3
    tied: true
    layers: [{type: dense, units: 3, activation: tanh, parametrize: {W: weight_norm}}]
loss: mse
""",
}


@pytest.fixture(autouse=True)
def by_python(monkeypatch: pytest.MonkeyPatch) -> None:
    if COMPILES:
        needs_numba()
        monkeypatch.setattr("numba.config.DISABLE_JIT", True)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_all_levels_have_the_same_losses_and_gradients(path: Path) -> None:
    with all_forms(load(path)) as forms:
        require_equal_gradients(forms)


@pytest.mark.parametrize("name", ODD)
def test_all_levels_of_odd_networks_have_the_same_numbers(name: str) -> None:
    with all_forms(loads(f"symbp: 1\nname: odd\ndtype: float64\n{ODD[name]}", "odd.yaml")) as forms:
        require_equal_gradients(forms)
        require_equal_predictions(forms)
