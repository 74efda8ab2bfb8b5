"""A program of a convolution costs what it makes of the pooling beside it too."""

from __future__ import annotations

import pytest

from symbp.lower.model import Program, Read
from symbp.passes.beside import with_neighbours
from symbp.passes.ledger import default_setting
from symbp.passes.pricing import Key, Pricing
from symbp.passes.programs import Way, program_of
from symbp.passes.relations import Windowed, windowed

from .front import before

POOLED = """
symbp: 1
name: pooled
input: {x: [2, 12, 12]}
layers:
  - {type: conv2d, name: c, filters: 4, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool2d, name: p, size: %d}
  - {type: flatten}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 32, seed: 0}
"""


def calls(program: Program, w: Windowed, ways: tuple[Way, ...]) -> tuple[dict[Key, float], dict[Key, float]]:
    """The calls of a program of a statement, without and with what stands beside it."""
    arrays, pricing = {a.name: a for a in program.arrays}, Pricing(default_setting(32))
    made = program_of(w, ways, "c", arrays)
    assert made is not None
    alone = pricing.calls(made[0], made[1], arrays)
    return alone, dict(with_neighbours(w, ways, alone, program, pricing))


@pytest.mark.parametrize("name", ["z_c in front of y_p", "dK_c"])
@pytest.mark.parametrize(("size", "ordered"), [(2, 0), (3, 1)])
def test_blocks_that_pooling_has_too_are_not_put_in_order(name: str, size: int, ordered: int) -> None:
    program = before("windows", POOLED % size)
    (w,) = [w for s in program.statements if getattr(s, "target", "") == name and (w := windowed(s)) is not None]
    alone, beside = calls(program, w, (2, 2))
    copies, kept = ([k for k in own if isinstance(k[0], Read) and len(k[0].axes) == 6] for own in (alone, beside))
    assert (len(copies), len(kept)) == (1, ordered)
    assert sum(k[0] == "beside" for k in beside) == 1


@pytest.mark.parametrize("name", ["z_c in front of y_p", "dK_c"])
def test_pooling_of_whole_arrays_costs_less(name: str) -> None:
    program = before("windows", POOLED % 2)
    (w,) = [w for s in program.statements if getattr(s, "target", "") == name and (w := windowed(s)) is not None]
    prices = []
    for ways in ((2, 2), (2, "patches"), ("patches", "patches")):
        prices += [seconds for key, seconds in calls(program, w, ways)[1].items() if key[0] == "beside"]
    assert prices[0] < prices[1] <= prices[2]
