"""The order in which values lie: chosen for groups of them together, and read through what is flattened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbp.lower.model import Array, Axis, Read, Statement
from symbp.passes.layouts import choose_layouts
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import CALLS, done
from symbp.passes.turning import blocks_of, in_order, turned, with_orders

from .front import before
from .test_passes import results

SPECS = Path(__file__).resolve().parents[2] / "specs"
ATTENTION = """
symbp: 1
name: sequences
input: {x: [T, 8]}
sizes: {T: any}
layers:
  - {type: self_attention, name: attn, heads: 2}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 16, seed: 0}
"""
IMAGES = """
symbp: 1
name: images
input: {x: [2, 12, 12]}
layers:
  - {type: conv2d, name: c, filters: 4, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool2d, name: p, size: 2}
  - {type: flatten}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 32, seed: 0}
"""


def test_images_lie_with_the_samples_last() -> None:
    program, did, choices = choose_layouts(before("layouts", IMAGES), default_setting())
    shapes = {a.name: a.shape for a in program.arrays if a.kind == "value"}
    assert shapes["z_c in front of y_p"] == (4, 12, 12, "n") and shapes["y_p"] == (4, 6, 6, "n")
    assert shapes["dz_c"] == (4, 12, 12, "n")
    assert shapes["turned_x"] == (2, 12, 12, "n")
    assert "z_c" in did
    assert choices[0].what == "layout of y_p, dz_p" and choices[0].chosen == "[4, 6, 6', n]"


def test_orders_are_sought_from_images_with_the_samples_last_too() -> None:
    """From all values as they lie, group by group, the first layer of this network stays with the samples first."""
    _, _, choices = choose_layouts(before("layouts", (SPECS / "lenet.yaml").read_text("utf-8")), default_setting())
    first = [c for c in choices if "z_c1" in c.what or "turned_x" in c.what]
    assert len(first) == 2 and all(c.chosen.endswith("n]") for c in first)


def test_scores_of_attention_may_lie_transposed() -> None:
    program = before("layouts", ATTENTION)
    _, _, choices = choose_layouts(program, default_setting())
    scores = next(c for c in choices if "A_attn" in c.what)
    assert {"[n, 2, T, T']", "[n, 2, T', T]"} <= {text for text, _ in scores.candidates}
    names = scores.what.removeprefix("layout of ").split(", ")
    transposed = with_orders(program, dict.fromkeys(names, (0, 1, 3, 2)))
    expected, found = results(program, ATTENTION), results(transposed, ATTENTION)
    for name, value in expected.items():
        assert np.allclose(found[name], value, rtol=1e-10, atol=1e-12), name


def test_what_callers_see_lies_as_it_did() -> None:
    program, _, _ = choose_layouts(before("layouts", IMAGES), default_setting())
    assert program.array("z_out").shape == ("n", 3)
    assert program.array("x").shape == ("n", 2, 12, 12)
    assert program.array("dx").shape == ("n", 2, 12, 12)


def test_the_copy_of_an_input_is_made_by_padding_it() -> None:
    program = before("layouts", IMAGES)
    for what, run_pass in CALLS[[what for what, _ in CALLS].index("layouts") :]:
        program, _, _ = done(run_pass, program, default_setting())
        if what == "calls":
            break
    made = {s.target for s in program.statements if isinstance(s, Statement)}
    assert "padded_x" in made and "turned_x" not in made


def test_a_flat_read_keeps_its_axes_together() -> None:
    n, i, j = Axis("n", "n"), Axis("i", 12), Axis("j", 12)
    assert in_order((n, i), ("n", 3, 4), (1, 2, 0)) == (i, n)
    assert in_order((n, i), ("n", 3, 4), (2, 1, 0)) is None
    arrays = {"y": Array("y", ("n", 3, 4)), "z": Array("z", ("n", 12))}
    s = Statement("z", (n, j), Read("y", (n, j)), "forward")
    assert turned(s, {"y": (2, 0, 1)}, arrays) is None
    made = turned(s, {"y": (1, 2, 0), "z": (1, 0)}, arrays)
    assert made is not None and made.axes == (j, n) and made.value == Read("y", (j, n))


@pytest.mark.parametrize(
    ("shape", "sizes", "blocks"),
    [
        (("n", 6), ("n", 2, 3), [((0,), (0,)), ((1,), (1, 2))]),
        (("n", 2, 3), ("n", 6), [((0,), (0,)), ((1, 2), (1,))]),
        ((4, 6), (2, 12), [((0, 1), (0, 1))]),
        (("n", "T"), ("n * T",), None),
    ],
)
def test_dimensions_and_letters(shape: tuple[int | str, ...], sizes: tuple[int | str, ...], blocks: object) -> None:
    assert blocks_of(shape, sizes) == blocks
