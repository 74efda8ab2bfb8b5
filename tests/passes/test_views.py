"""Windows that are matrices where they lie: the same values, without a copy of any patch."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from lower.networks import lowered

from symbp.emit.calls import Emitter
from symbp.lower.model import Product, Program, Statement, strided, walk
from symbp.passes.convolve import choose_programs
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import optimize
from symbp.passes.outermost import rows_first
from symbp.passes.programs import VIEWS, program_of, ways_of
from symbp.passes.relations import IMAGE, KERNEL, RESULT, windowed
from symbp.passes.split import split
from symbp.passes.turning import with_orders

from .front import before
from .test_passes import results

NETWORK = """
symbp: 1
name: n
input: {{x: [{shape}]}}
layers:
  - {{type: conv{d}d, name: c, filters: 4, kernel: 3, padding: 1, activation: tanh}}
  - {{type: conv{d}d, name: e, filters: 2, kernel: {kernel}, padding: {padding}, stride: {stride}, activation: tanh}}
  - {{type: global_avg_pool{d}d, name: g}}
  - {{type: dense, name: out, units: 3}}
loss: {{type: cross_entropy, labels: integer}}
train: {{optimizer: {{type: sgd, lr: 0.1}}, epochs: 1, batch_size: 8, seed: 0}}
"""
NETWORKS = {
    "images": {"shape": "3, 6, 5", "d": 2, "kernel": 3, "padding": 1, "stride": 1},
    "no padding": {"shape": "3, 6, 6", "d": 2, "kernel": "[2, 3]", "padding": 0, "stride": 1},
    "steps of two rows": {"shape": "3, 9, 5", "d": 2, "kernel": 3, "padding": 1, "stride": "[2, 1]"},
    "series": {"shape": "9, 3", "d": 1, "kernel": 3, "padding": 1, "stride": 1},
    "series in steps": {"shape": "13, 3", "d": 1, "kernel": 3, "padding": 0, "stride": 2},
}
LARGE = """
symbp: 1
name: large
input: {x: [32, 16, 16]}
layers:
  - {type: conv2d, name: c, filters: 32, kernel: 3, padding: 1, activation: relu}
  - {type: conv2d, name: d, filters: 32, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool2d, name: p, size: 2}
  - {type: flatten}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 32, seed: 0}
"""


def rows_outermost(text: str) -> Program:
    """A program in front of the choice of programs, its images with the rows outermost."""
    program = before("layouts", text)
    arrays = {a.name: a for a in program.arrays}
    found = [rows_first(s, arrays) for s in program.statements if isinstance(s, Statement)]
    orders = {name: order for own in found for name, order in own.items() if arrays[name].kind == "value"}
    orders = {name: order for name, order in orders.items() if name not in program.lasting}
    assert orders
    return with_orders(program, orders)


@pytest.mark.parametrize("name", NETWORKS)
def test_products_with_views_compute_the_same(name: str) -> None:
    text = NETWORK.format(**NETWORKS[name])
    program = rows_outermost(text)
    expected = results(before("windows", text), text)
    arrays = {a.name: a for a in program.arrays}
    kinds = set()
    for k, s in enumerate(program.statements):
        w = windowed(s) if isinstance(s, Statement) else None
        for ways in ways_of(w) if w is not None else ():
            made = program_of(w, ways, "layer", arrays) if VIEWS in ways else None
            if made is None or w is None:
                continue
            own = (*program.statements[:k], *made[0], *program.statements[k + 1 :])
            other, _ = split(replace(program, statements=own, arrays=tuple(made[1].values())))
            other.check()
            assert any(isinstance(n, Product) and strided(n) for t in other.plain(s.stage) for n in walk(t.value))
            for key, value in results(other, text).items():
                assert np.allclose(value, expected[key], rtol=1e-10, atol=1e-12), (s.target, ways, key)
            kinds.add(w.kind)
    assert kinds >= ({RESULT, KERNEL, IMAGE} if NETWORKS[name]["stride"] == 1 else {RESULT, KERNEL})


def test_large_images_lie_so_that_nothing_is_copied() -> None:
    program, ledger = optimize(lowered(LARGE), 1)
    (choice,) = [c for e in ledger.entries for c in e.choices if c.what == "layout of windows"]
    assert choice.chosen == "rows outermost"
    emitter = Emitter(program)
    forward = "".join(line.text for line in emitter.body("forward"))
    assert "np.matmul(" in forward and "rows_padded_a_c.swapaxes(1, 2)" in forward
    assert "patches" not in forward
    (view,) = [b.of for b in emitter.buffers() if b.name == "rows_padded_a_c"]
    assert re.fullmatch(r"windows\(self\.padded_a_c\.reshape\(576, -1\), \(96,\), \(0,\)\)\[::32\]", view)


def test_views_are_chosen_only_where_they_cost_less() -> None:
    program = before("windows", LARGE)
    _, _, choices = choose_programs(program, default_setting())
    chosen = [c for c in choices if VIEWS in c.chosen]
    assert chosen and all(dict(c.candidates)[c.chosen] <= min(p for _, p in c.candidates) / 0.97 for c in chosen)
