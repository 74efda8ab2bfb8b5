"""Values that are read beside zeros lie between them: no copy is made, and nothing else lies in that memory."""

from __future__ import annotations

import numpy as np
import pytest
from lower.networks import lowered

from symbp.emit.calls import Emitter
from symbp.lower.model import Array, Product, Program, Statement, Window, is_tap_by_tap, reads, walk
from symbp.passes.optimize import optimize
from symbp.passes.rooms import lay_inside

from .front import before
from .test_passes import results

IMAGES = """
symbp: 1
name: images
input: {x: [32, 16, 16]}
layers:
  - {type: conv2d, name: c, filters: 32, kernel: 3, padding: 1, activation: relu}
  - {type: conv2d, name: d, filters: 32, kernel: 3, padding: 1, activation: relu}
  - {type: global_avg_pool2d, name: p}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 32, seed: 0}
"""
SERIES = """
symbp: 1
name: series
input: {x: [9, 4]}
layers:
  - {type: conv1d, name: c, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: conv1d, name: d, filters: 2, kernel: 5, padding: 2, stride: 2, activation: tanh}
  - {type: global_avg_pool1d, name: p}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 8, seed: 0}
"""


def inside(program: Program) -> dict[str, Array]:
    padded = {a.name for a in program.arrays if a.kind == "padded"}
    return {a.name: a for a in program.arrays if a.view_of in padded}


def test_a_value_and_what_it_is_made_from_lie_in_the_padded_array() -> None:
    program, did = lay_inside(before("inside padded arrays", IMAGES))
    found = inside(program)
    assert found["a_c"].view_of == found["z_c"].view_of == "padded_a_c" and found["a_c"].shift == (1, 0, 0, 0)
    assert found["dz_d"].view_of == "padded_dz_d"
    assert did.endswith("inside padded arrays")
    assert not any(isinstance(s, Statement) and s.target == "padded_a_c" for s in program.statements)


@pytest.mark.parametrize("text", [IMAGES, SERIES])
def test_the_values_are_the_same(text: str) -> None:
    expected = results(before("inside padded arrays", text), text)
    program, _ = optimize(lowered(text), 1)
    assert inside(program)
    for key, value in results(program, text).items():
        assert np.allclose(value, expected[key], rtol=1e-10, atol=1e-12), key


def test_no_other_value_lies_there() -> None:
    program, _ = optimize(lowered(IMAGES), 1)
    found = inside(program)
    assert not {p.name for p in program.places} & set(found)
    assert not {p.owner for p in program.places} & {a.view_of for a in found.values()}


def test_the_padded_array_is_made_first_and_the_value_is_a_part_of_it() -> None:
    program, _ = optimize(lowered(IMAGES), 1)
    emitter = Emitter(program)
    for stage in ("forward", "loss", "backward"):
        emitter.body(stage)
    made = {b.name: b for b in emitter.buffers()}
    assert made["padded_a_c"].of == "np.zeros((18, 32, 16, n), dtype)"
    assert made["a_c"].of == made["z_c"].of == "self.padded_a_c[1:17]"
    assert list(made).index("padded_a_c") < list(made).index("a_c")


def test_what_gaps_would_harm_stays_where_it_is() -> None:
    program, _ = optimize(lowered(SERIES), 1)
    gaps = {a.name for a in inside(program).values() if program.array(a.view_of).shape[1:] != a.shape[1:]}
    assert "a_c" in gaps
    for s in program.statements:
        if isinstance(s, Statement) and any(isinstance(n, Product) for n in walk(s.value)):
            assert not gaps & {s.target, *reads(s.value)}


def test_a_few_shifted_reads_are_put_side_by_side() -> None:
    program, _ = optimize(lowered(SERIES), 1)
    stacks = [s for s in program.plain("forward") if isinstance(s.value, Window) and is_tap_by_tap(s.value)]
    assert [s.target for s in stacks] == ["patches_x"]
    emitter = Emitter(program)
    text = [line.text for line in emitter.body("forward")]
    assert [line for line in text if line.startswith("patches_x[")] == [
        "patches_x[:, 0, 1:] = x[:, :8].T",
        "patches_x[:, 0, :1] = 0",
        "patches_x[:, 1] = x.T",
        "patches_x[:, 2, :8] = x[:, 1:].T",
        "patches_x[:, 2, 8:] = 0",
    ]
