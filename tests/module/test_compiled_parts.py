"""Kernels within loops over parts of arrays compute what the simplest form does."""

from __future__ import annotations

import re
from types import ModuleType

import numpy as np
import pytest

from module.compiling import needs_numba
from symbp.compiler import COMPILED, SIMPLEST, compile_spec
from symbp.passes import fuse, in_rows
from symbp.spec.load import loads

needs_numba()

IMAGES = """
symbp: 1
name: probe
input: {x: [2, 8, 8]}
layers:
  - {type: conv2d, name: c, filters: 4, kernel: 3, padding: 1, activation: relu}
  - {type: conv2d, name: d, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool2d, name: m, size: 2}
  - {type: flatten}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 8, seed: 0}
"""


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops wherever they fit, of as many parts as there can be, and kernels that save little."""
    for name, value in (("LARGE", 1), ("BRIEF", 0), ("WORTH", -1e9), ("NEAR", 1e9)):
        monkeypatch.setattr(in_rows, name, value)
    monkeypatch.setattr(fuse, "LEAST", 0.0)


def built(text: str) -> ModuleType:
    module = ModuleType("probe")
    exec(compile(text, "probe", "exec"), module.__dict__)  # emitted text
    return module


@pytest.mark.usefixtures("everywhere")
def test_kernels_on_parts_give_what_the_simplest_form_gives() -> None:
    texts = [compile_spec(loads(IMAGES), level).module for level in (COMPILED, SIMPLEST)]
    loops = re.findall(r"\n    for (?:[^:]|\n)*? in ws\.\w+:\n(?:.|\n)*?\n\n", texts[0])
    assert any(re.search(r"\n        \w+_(forward|backward)\w*\(.*_rows", loop) for loop in loops)
    assert not re.search(r"for \w+ in range\(\d\d?\):\n +for", texts[0])  # a compiler would write these loops out
    compiled, simple = map(built, texts)
    rng = np.random.default_rng(3)
    theta = simple.initial_theta(rng)
    theta = theta + 1e-200j * rng.normal(size=theta.shape)  # one dtype: each takes seconds to compile
    for n in (8, 1):
        # whole numbers make ties, of which the first one has the gradient
        x, y = rng.integers(0, 2, (n, 2, 8, 8)) + rng.normal(), rng.integers(0, 3, n)
        (loss, grad), (known, expected) = (made.loss_and_grad(theta, x, y) for made in (compiled, simple))
        assert abs(loss - known) <= 1e-12 * abs(known)
        assert abs(loss.imag - known.imag) <= 1e-10 * abs(known.imag)
        assert np.abs(grad - expected).max() <= 1e-10 * np.abs(expected).max()
