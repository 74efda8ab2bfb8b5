"""Every program of a product over windows computes the same, and the ones that share what they copy are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lower.windowed import WINDOWED

from symbp.lower.model import Statement
from symbp.passes.convolve import choose_programs
from symbp.passes.ledger import default_setting
from symbp.passes.pricing import Pricing, total
from symbp.passes.programs import program_of, shown, ways_of
from symbp.passes.relations import IMAGE, KERNEL, RESULT, windowed

from .front import before
from .test_passes import results

CONVOLUTIONS = [name for name in WINDOWED if name.startswith("conv ") and "point" not in name] + ["conv"]
WIDE = """
symbp: 1
name: wide
input: {x: [16, 12, 12]}
layers:
  - {type: conv2d, name: c, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: conv2d, name: d, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: global_avg_pool2d, name: p}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 32, seed: 0}
"""


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_every_program_computes_the_same(name: str) -> None:
    program = before("windows", WINDOWED[name])
    expected = results(program, WINDOWED[name])
    arrays = {a.name: a for a in program.arrays}
    count = 0
    for k, s in enumerate(program.statements):
        w = windowed(s) if isinstance(s, Statement) else None
        for ways in ways_of(w) if w is not None else ():
            made = program_of(w, ways, "layer", arrays)
            if made is None:
                continue
            statements, known = made
            own = (*program.statements[:k], *statements, *program.statements[k + 1 :])
            other = replace(program, statements=own, arrays=tuple(known.values()))
            other.check()
            for key, value in results(other, WINDOWED[name]).items():
                assert np.allclose(value, expected[key], rtol=1e-10, atol=1e-12), (s.target, shown(ways), key)
            count += 1
    assert count


VALID = """
symbp: 1
name: valid
dtype: float64
input: {x: [2, %d, %d]}
layers:
  - {type: conv2d, name: c, filters: 2, kernel: 3, padding: 1, activation: tanh}
  - {type: conv2d, name: d, filters: 3, kernel: 3}
  - {type: flatten}
  - {type: dense, name: out, units: 2}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 4, seed: 0}
"""


def test_what_blocks_give_is_added_up_with_each_place_of_a_block_apart() -> None:
    text = VALID % (8, 10)
    program = before("windows", text)
    expected, arrays = results(program, text), {a.name: a for a in program.arrays}
    (w,) = [w for s in program.statements if getattr(s, "target", "") == "da_c" and (w := windowed(s)) is not None]
    made = program_of(w, (2, 2), "d", arrays)
    assert made is not None
    statements, known = made
    assert known["phases_da_c"].shape == (2, 2, 2, 4, 5, "n")
    k = program.statements.index(w.s)
    own = (*program.statements[:k], *statements, *program.statements[k + 1 :])
    other = replace(program, statements=own, arrays=tuple(known.values()))
    other.check()
    found = results(other, text)
    assert all(np.allclose(found[key], expected[key], rtol=1e-10, atol=1e-12) for key in expected)
    odd = program_of(w, ("taps", 2), "d", arrays)
    assert odd is not None and "phases_da_c" not in odd[1]


def test_a_convolution_and_its_gradients_are_recognised() -> None:
    program = before("windows", WIDE)
    found = [w for s in program.plain("forward") + program.plain("backward") if (w := windowed(s)) is not None]
    assert [(w.s.target, w.kind) for w in found] == [
        ("z_c", RESULT), ("z_d", RESULT), ("da_c", IMAGE), ("dK_d", KERNEL), ("dK_c", KERNEL),
    ]  # fmt: skip
    (rows, columns) = found[0].relations
    assert (rows.step, rows.tap, rows.offset) == (1, 1, -1) and rows.lo.size == 12 and columns.u.size == 3


def test_patches_of_one_are_those_of_another() -> None:
    program = before("windows", WIDE)
    arrays = {a.name: a for a in program.arrays}
    pricing = Pricing(default_setting())
    forward, gradient = (windowed(s) for s in program.statements if getattr(s, "target", "") in ("z_d", "dK_d"))
    assert forward is not None and gradient is not None
    priced = []
    for w in (forward, gradient):
        made = program_of(w, ("patches", "patches"), "d", arrays)
        assert made is not None
        priced.append(pricing.calls(made[0], made[1], arrays))
    assert total(priced) < sum(total([calls]) for calls in priced)


def test_the_cheapest_programs_are_chosen_together() -> None:
    program = before("windows", WIDE)
    made, _, choices = choose_programs(program, default_setting())
    made.check()
    assert {c.what for c in choices} == {f"windows of {name}" for name in ("z_c", "dK_c", "z_d", "da_c", "dK_d")}
    for choice in choices:
        prices = dict(choice.candidates)
        assert prices[choice.chosen] <= min(prices.values()) / 0.97 + 1e-9
