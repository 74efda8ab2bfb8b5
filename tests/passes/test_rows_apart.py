"""Rows a power of two of bytes apart, whose columns are read, lie further apart where that costs less."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lower.networks import lowered
from module import levels

from symbp.derive.network import derive
from symbp.emit.code import code_of
from symbp.emit.module import render
from symbp.graph.build import build
from symbp.lower.lower import lower
from symbp.lower.model import Program, Statement, rows_apart
from symbp.passes import optimize as passes
from symbp.passes.ledger import ByCost, Setting, default_setting
from symbp.passes.machine import Machine, Strides
from symbp.passes.profile import DEFAULT_FILE, default_machine, machine_of, profile_text
from symbp.passes.rows_apart import AS_THEY_LIE, COPIED, MADE, lay_rows_apart
from symbp.spec.load import loads
from symbp.verify.loading import loaded

from .front import before
from .test_passes import results

SPECS = Path(__file__).resolve().parents[2] / "specs"
POWERS = (128, 256, 512, 1024, 2048, 4096)
IMAGES = """
symbp: 1
name: images
input: {x: [3, 32, 32]}
layers:
  - {type: conv2d, name: c, filters: 16, kernel: 3, padding: 1, stride: 2}
  - {type: batch_norm, name: bc, activation: relu}
  - {type: conv2d, name: d, filters: 32, kernel: 3, padding: 1, stride: 2}
  - {type: batch_norm, name: bd, activation: relu}
  - {type: global_avg_pool2d, name: p}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 64, seed: 0}
"""
SMALL = (SPECS / "digits_conv.yaml").read_text(encoding="utf-8")
TEXTS = {
    "an input": SMALL,
    "an input and gradients": (SPECS / "unet.yaml").read_text(encoding="utf-8"),
    "a value made further apart": (SPECS / "resnet.yaml").read_text(encoding="utf-8"),
    "values in between": (SPECS / "translation.yaml").read_text(encoding="utf-8"),
}


def machine(nanoseconds: float) -> Machine:
    """One on which all columns whose numbers lie a power of two apart, 128 bytes or more, take so much longer."""
    each = ((0.0,) * len(POWERS), (nanoseconds,) * len(POWERS))
    return replace(default_machine(), name="dear", strides=Strides((1, 2), POWERS, each))


def at_price(program: Program, setting: Setting) -> tuple[Program, str, tuple]:
    """The pass, on a machine on which columns are dear."""
    return lay_rows_apart(program, replace(setting, machine=machine(500.0)))


def chosen(text: str, nanoseconds: float) -> list[str]:
    program = before("rows apart", text)
    return [c.chosen for c in lay_rows_apart(program, replace(default_setting(), machine=machine(nanoseconds)))[2]]


def test_the_price_of_columns_decides() -> None:
    assert chosen(SMALL, 0.0) == []
    assert chosen(SMALL, 0.001) == [AS_THEY_LIE]
    assert chosen(SMALL, 20.0) == [COPIED]


def test_columns_of_32_x_32_images_are_dear_on_the_default_machine() -> None:
    """632 us as they lie, 114 us by way of a copy, that one included."""
    program, ledger = passes.optimize(lowered(IMAGES), 1, default_setting(64))
    (choice,) = next(e.choices for e in ledger.entries if e.name == "rows apart")
    costs = dict(choice.candidates)
    assert choice.chosen == COPIED
    assert costs[AS_THEY_LIE] > 3 * costs[COPIED]
    (whole,) = rows_apart(program.arrays, program.statements).values()
    assert whole.shape == ("n", 3, 33, 32)


def test_a_copy_stands_once_in_front_of_those_who_read_it() -> None:
    program, did, _ = at_price(before("rows apart", SMALL), default_setting())
    (name,) = rows_apart(program.arrays, program.statements)
    (place,) = [k for k, s in enumerate(program.statements) if isinstance(s, Statement) and s.target == name]
    read = [k for k, s in enumerate(program.statements) if isinstance(s, Statement) and name in str(s.value)]
    assert name == "x_apart" and did == "1 array with rows further apart: x"
    assert read and place == min(read) - 1


def test_what_changes_behind_its_first_reader_lies_as_it_is() -> None:
    program = before("rows apart", SMALL)
    late = next(s for s in program.plain("forward") if s.axes)
    changed = replace(program, statements=(*program.statements, replace(late, target="x")))
    assert at_price(program, default_setting())[2] and not at_price(changed, default_setting())[2]


@pytest.mark.parametrize("name", ["an input", "an input and gradients"])
def test_the_values_are_the_same(name: str) -> None:
    program = before("rows apart", TEXTS[name])
    expected = results(program, TEXTS[name])
    done, _, _ = at_price(program, default_setting())
    assert rows_apart(done.arrays, done.statements)
    found = results(done, TEXTS[name])
    for key, value in expected.items():
        assert np.allclose(found[key], value, rtol=1e-10, atol=1e-12), key


@pytest.mark.parametrize("name", TEXTS)
def test_losses_and_gradients_are_those_of_the_simplest_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple((what, ByCost(at_price) if what == "rows apart" else run) for what, run in passes.CALLS)
    monkeypatch.setattr(passes, "CALLS", found)
    monkeypatch.setattr(levels, "LEVELS", (0, 1))
    derivation = derive(build(loads(TEXTS[name])))
    setting = Setting(default_machine(), derivation.graph.training.batch_size)
    optimized = [passes.optimize(lower(derivation), level, setting) for level in (0, 1)]
    texts = [render(derivation, code_of(program), level) for level, (program, _) in enumerate(optimized)]
    made = {c.chosen for e in optimized[1][1].entries if e.name.endswith("rows apart") for c in e.choices}
    assert (MADE in made) == (name == "a value made further apart")
    assert ": columns of rows that lie a power of two of bytes apart" in texts[1]
    with ExitStack() as stack:
        forms = [stack.enter_context(loaded(text)) for text in texts]
        levels.require_equal_gradients(forms)
        levels.require_equal_predictions(forms)


def test_a_profile_keeps_the_price() -> None:
    dear = machine_of(json.loads(profile_text(machine(20.0))))
    assert dear.strides == machine(20.0).strides
    assert machine_of(json.loads(DEFAULT_FILE.read_text(encoding="utf-8"))).strides == default_machine().strides
