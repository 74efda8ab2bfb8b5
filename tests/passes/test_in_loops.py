"""Rows of a table that a loop reads step by step are looked up in it, where all of them together leave the cache."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import lowered, spec

from symbp.lower.model import BACKWARD, FORWARD, LOSS, STEP, At, Pick, Program, Read, Statement
from symbp.passes.bylabel import sum_by_label
from symbp.passes.contract import contract
from symbp.passes.dead import drop_dead
from symbp.passes.hoist import hoist_all
from symbp.passes.in_loops import FRONT, INSIDE, look_up_in_loops
from symbp.passes.labels import find_one_hots
from symbp.passes.ledger import default_setting
from symbp.passes.lookups import look_up_late
from symbp.passes.optimize import optimize

SIZES = {"n": 3, "T": 4}
LAYERS = """{type: embedding, name: emb, rows: 7, units: 12}
{type: %s, name: rnn, units: %d}
{type: dense, name: out, units: 3}"""


def probe(kind: str, units: int) -> Program:
    more = "input_type: integer\nsizes: {T: any}\n"
    loss = "{type: cross_entropy, labels: integer}"
    return lowered(spec(LAYERS % (kind, units), loss, inputs="{tokens: [T]}", more=more))


def before(program: Program) -> Program:
    program, _ = find_one_hots(drop_dead(program)[0])
    program, _ = hoist_all(program, default_setting())
    for by_cost in (contract, look_up_late, sum_by_label):
        program, _, _ = by_cost(program, default_setting())
    return program


def results(program: Program, first: Program) -> dict[str, np.ndarray]:
    places = {a.name: np.arange(SIZES.get(a.shape[0], a.shape[0])) for a in program.arrays if a.kind == "places"}
    memory = run(program, {**sample(first, SIZES), **places}, (FORWARD, LOSS, BACKWARD), SIZES)
    return {name: memory[name] for name in ["loss", *(a.name for a in program.arrays if a.kind == "gradient")]}


def picks(program: Program) -> list[Statement]:
    own = [s for s in program.statements if isinstance(s, Statement) and s.stage == FORWARD]
    return [s for s in own if isinstance(s.value, Pick)]


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
def test_the_values_stay(kind: str) -> None:
    first = probe(kind, 400)
    expected = results(first, first)
    inside, did, choices = look_up_in_loops(before(first), default_setting())
    inside.check()
    assert did == "1 look-up into loops" and [c.chosen for c in choices] == [INSIDE]
    for program in (inside, optimize(first, 1)[0]):
        for name, value in results(program, first).items():
            assert np.allclose(value, expected[name], rtol=1e-10, atol=1e-12), name


def test_each_step_takes_its_own_rows_by_labels_that_lie_step_by_step() -> None:
    program, _, _ = look_up_in_loops(before(probe("lstm", 400)), default_setting())
    (pick,) = [s for s in picks(program) if s.loop]
    assert isinstance(pick.value, Pick) and isinstance(pick.value.labels, At) and pick.value.labels.place == STEP
    labels = pick.value.labels.body
    assert isinstance(labels, Read) and labels.axes[0] == pick.value.labels.axis
    assert [a.size for a in pick.axes] == ["n", 4, 400]
    assert "z_rnn_given" not in [a.name for a in program.arrays]


def test_few_rows_are_taken_at_once() -> None:
    program, did, choices = look_up_in_loops(before(probe("lstm", 8)), default_setting())
    assert not did and [c.chosen for c in choices] == [FRONT]
    assert [s.loop for s in picks(program)] == [None]


def test_rows_that_something_else_reads_are_left() -> None:
    program = before(probe("lstm", 400))
    (pick,) = picks(program)
    read = Statement("also", pick.axes, Read(pick.target, pick.axes), BACKWARD)
    also = replace(program.array(pick.target), name="also")
    changed = replace(program, arrays=(*program.arrays, also), statements=(*program.statements, read))
    assert look_up_in_loops(changed, default_setting()) == (changed, "", ())
