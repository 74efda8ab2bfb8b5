"""Small networks whose modules are made once in the test process, at both levels, and imported by their own names."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from symbp.compiler import compile_spec
from symbp.spec.load import loads

Array = npt.NDArray[Any]

CLASSES = """
input: {x: [6]}
layers:
  - {type: dense, name: fc1, units: 8, activation: relu, init: {W: he_normal}}
  - {type: dense, name: fc2, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: adam, lr: 0.01}, epochs: 5, batch_size: 16, seed: 0}
"""
YES_NO = """
dtype: float64
input: {x: [2]}
layers:
  - type: dense
    name: hidden
    units: 4
    activation: tanh
    init: {W: {type: truncated_normal, std: 1.0}, b: {type: uniform, low: -1, high: 1}}
  - {type: dense, name: out, units: 1, init: {W: orthogonal, b: [0.25]}}
loss: {type: binary_cross_entropy, l1: 1e-3}
train: {optimizer: {type: sgd, lr: 0.5, schedule: {type: cosine, final: 0.01}}, epochs: 8, batch_size: 4, seed: 3}
"""
TIED = """
input: {x: [5]}
layers:
  - {type: dense, name: encode, units: 3, activation: sigmoid}
  - {type: dense, name: decode, units: 5, share: {W: encode.W.T}}
loss: {type: mse, target: x}
train: {optimizer: {type: adagrad, lr: 0.05}, epochs: 4, batch_size: 8, seed: 0}
"""
LINE = """
dtype: float64
input: {x: [4]}
layers:
  - {type: dense, name: linear, units: 1}
loss: {type: mse, l2: 1e-3}
train:
  optimizer: {type: adamw, lr: 0.05, weight_decay: 0.1, clip_norm: 5.0}
  epochs: 20
  batch_size: 10
  stop: {loss_below: 1e-9}
"""
STEPS = """
input: {x: [T, 3]}
sizes: {T: any}
layers:
  - {type: dense, name: fc, units: 4, activation: sigmoid}
  - {type: dense, name: out, units: 2}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: rmsprop, lr: 0.01}, epochs: 2, batch_size: 4, seed: 0}
"""
CHANCES = """
input: {x: [4]}
layers:
  - {type: dense, name: fc, units: 5, activation: {type: leaky_relu, alpha: 0.1}}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: probabilities, label_smoothing: 0.1, class_weights: [1, 2, 0.5], l2: 1e-3}
train:
  optimizer: {type: nadam, lr: 0.02, clip_value: 0.5, schedule: {type: one_cycle}}
  epochs: 6
  batch_size: 16
"""
PAIR = """
input: {left: [3], right: [2]}
layers:
  - {type: bilinear, name: mix, inputs: [left, right], units: 2}
loss: {type: hinge}
train: {optimizer: {type: momentum, lr: 0.05, momentum: 0.9}, epochs: 5, batch_size: 16}
"""
DRAWS = """
input: {x: [6]}
layers:
  - {type: dense, name: fc1, units: 8, bias: false}
  - {type: batch_norm, name: bn}
  - {type: gaussian_noise, name: noise, stddev: 0.05}
  - {type: dense, name: fc2, units: 6, activation: rrelu}
  - {type: dropout, name: drop, rate: 0.25}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: adam, lr: 0.01}, epochs: 5, batch_size: 16, seed: 0}
"""
SPECS = {
    "classes": CLASSES,
    "yes_no": YES_NO,
    "tied": TIED,
    "line": LINE,
    "steps": STEPS,
    "chances": CHANCES,
    "pair": PAIR,
    "draws": DRAWS,
}
CASES = [(name, level) for name in SPECS for level in (0, 1)]


@cache
def _text(name: str, level: int) -> str:
    spec = loads(f"symbp: 1\nname: {name}{level}\n{SPECS[name]}", f"{name}{level}.yaml")
    return compile_spec(spec, level).module


def text(name: str, level: int = 1) -> str:
    """The module of one of `SPECS`."""
    return _text(name, level)


@cache
def _made(name: str, level: int) -> ModuleType:
    return imported(f"{name}{level}", text(name, level))


def made(name: str, level: int = 1) -> ModuleType:
    """The same, imported; it stays importable by its name (for pickles)."""
    return _made(name, level)


def imported(name: str, source: str) -> ModuleType:
    folder = Path(tempfile.mkdtemp(prefix="symbp-tests-"))
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def data(name: str, n: int = 50, seed: int = 0) -> tuple[Any, ...]:
    """(x, y) that the network of this name can learn; (x,) for the autoencoder."""
    rng = np.random.default_rng(seed)
    match name:
        case "classes" | "draws":
            x = rng.standard_normal((n, 6))
            return x, np.argmax(x[:, :3] + x[:, 3:], axis=1)
        case "yes_no":
            x = rng.standard_normal((n, 2))
            return x, (x[:, 0] > x[:, 1]).astype(float)
        case "tied":
            return (rng.standard_normal((n, 2)) @ rng.standard_normal((2, 5)),)
        case "line":
            x = rng.standard_normal((n, 4))
            return x, x @ np.arange(1.0, 5.0) + 0.5
        case "chances":
            x = rng.standard_normal((n, 4))
            return x, np.exp(x[:, :3]) / np.exp(x[:, :3]).sum(axis=1, keepdims=True)
        case "pair":
            left, right = rng.standard_normal((n, 3)), rng.standard_normal((n, 2))
            return (left, right), np.where(left[:, :2] * right > 0.0, 1.0, -1.0)
    x = rng.standard_normal((n, 7, 3))
    return x, (x.sum(axis=2) > 0).astype(int)
