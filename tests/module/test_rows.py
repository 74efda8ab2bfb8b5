"""Modules that take a few rows at a time have the losses and gradients of the simplest form, whatever is left over."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from symbp.compiler import DEFAULT, SIMPLEST
from symbp.derive.network import derive
from symbp.emit.code import code_of
from symbp.emit.module import render
from symbp.graph.build import build
from symbp.lower.lower import lower
from symbp.passes import in_rows
from symbp.passes.ledger import Setting
from symbp.passes.optimize import optimize
from symbp.passes.profile import default_machine
from symbp.spec.load import loads
from symbp.verify.contract import as_module, count
from symbp.verify.loading import loaded
from symbp.verify.samples import Point, draw

SPECS = Path(__file__).resolve().parents[2] / "specs"
ATTENTION = """symbp: 1
name: attention
input: {x: [T, 8]}
sizes: {T: any}
layers:
  - type: residual
    layers:
      - {type: layer_norm, name: ln1}
      - {type: self_attention, name: attn, heads: 2}
  - {type: layer_norm, name: ln2}
  - {type: dense, name: up, units: 12, activation: gelu_tanh}
  - {type: dense, name: out, units: 4}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: adam, lr: 1e-3}, epochs: 1, batch_size: 4, seed: 0}
"""
TEXTS = {
    "attention": ATTENTION,
    "equal blocks": (SPECS / "char_transformer.yaml").read_text(encoding="utf-8"),
    "experts": (SPECS / "experts.yaml").read_text(encoding="utf-8"),
}


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops over parts wherever they can be; where a call counts the rows, of about 48 numbers."""
    for name, value in (("LARGE", 1), ("BRIEF", 0), ("WORTH", -1e9), ("PARTS", (48,))):
        monkeypatch.setattr(in_rows, name, value)


@pytest.mark.parametrize("name", TEXTS)
def test_losses_and_gradients_are_those_of_the_simplest_form(name: str) -> None:
    derivation = derive(build(loads(TEXTS[name])))
    lowered, setting = lower(derivation), Setting(default_machine(), derivation.graph.training.batch_size)
    levels = (SIMPLEST, DEFAULT)
    texts = [render(derivation, code_of(optimize(lowered, level, setting)[0]), level) for level in levels]
    assert len(re.findall(r" in ws\.(?:back_)?parts_\w+:", texts[1])) > 3
    assert re.search(r"for k in range\(0, [a-zA-Z]", texts[1]), "rows that a call counts"
    assert not re.search(r"\bparts_", texts[0])
    with loaded(texts[0]) as simple, loaded(texts[1]) as cut:
        modules = [as_module(m) for m in (simple, cut)]
        rng = np.random.default_rng(7)
        theta = 0.3 * rng.standard_normal(count(modules[0]))
        for n, free in ((1, 3), (7, 5), (2, 1)):
            sample = draw(modules[0], n, free, rng)
            points = [Point(module, sample) for module in modules]
            u = points[0].start(theta)
            (loss, gradient), (found_loss, found) = (point.loss_and_gradient(u) for point in points)
            assert found_loss == pytest.approx(loss, rel=1e-10)
            assert np.allclose(found, gradient, rtol=1e-10, atol=1e-11 * np.abs(gradient).max())


def test_loops_over_parts_have_the_same_bytes_whatever_hashes_are() -> None:
    work = SPECS.parent / "benchmarks" / "specs" / "cnn_vgg.yaml"
    program = (
        "import sys; from symbp.compiler import compile_spec; from symbp.spec.load import load;"
        "made = compile_spec(load(sys.argv[1])); sys.stdout.write(made.module + made.program.describe())"
    )
    made = set[str]()
    for seed in ("0", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", program, str(work)]
        made.add(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
    (text,) = made
    assert "self.each_z_c1_rows = [" in text
