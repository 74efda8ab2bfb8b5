"""A look-up commutes with what does not involve its labels, and so does its adjoint."""

from __future__ import annotations

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import lowered, spec

from symbp.lower.model import BACKWARD, FORWARD, LOSS, AddAt, OneHot, Pick, Product, Program, Statement, walk
from symbp.passes.bylabel import sum_by_label
from symbp.passes.contract import contract
from symbp.passes.dead import drop_dead
from symbp.passes.hoist import hoist_all
from symbp.passes.labelled import choose_sums
from symbp.passes.labels import find_one_hots
from symbp.passes.ledger import default_setting
from symbp.passes.lookups import look_up_late
from symbp.passes.optimize import optimize
from symbp.passes.scatters import scatter_apart

SIZES = {"n": 3, "T": 5}
LAYERS = """{type: embedding, name: emb, rows: %d, units: 12}
{type: lstm, name: rnn, units: 48}
{type: dense, name: out, units: 3}"""
DENSE = """{type: embedding, name: emb, rows: %d, units: 40}
{type: dense, name: wide, units: 96, activation: tanh}
{type: dense, name: out, units: 3}"""
FEW, MANY = 7, 6000


def network(layers: str) -> Program:
    more = "input_type: integer\nsizes: {T: any}\n"
    return lowered(spec(layers, "{type: cross_entropy, labels: integer}", inputs="{tokens: [T]}", more=more))


def probe(layers: str, rows: int) -> Program:
    return network(layers % rows)


def after(program: Program) -> Program:
    program, _ = find_one_hots(drop_dead(program)[0])
    program, _ = hoist_all(program, default_setting())
    for by_cost in (contract, look_up_late, sum_by_label):
        program, _, _ = by_cost(program, default_setting())
    program.check()
    return choose_sums(scatter_apart(program)[0], default_setting())[0]


def results(program: Program, first: Program) -> dict[str, np.ndarray]:
    places = {a.name: np.arange(SIZES.get(a.shape[0], a.shape[0])) for a in program.arrays if a.kind == "places"}
    memory = run(program, {**sample(first, SIZES), **places}, (FORWARD, LOSS, BACKWARD), SIZES)
    return {name: memory[name] for name in ["loss", *(a.name for a in program.arrays if a.kind == "gradient")]}


@pytest.mark.parametrize("layers", [LAYERS, DENSE], ids=["recurrence", "dense"])
@pytest.mark.parametrize("rows", [FEW, 3])
def test_tables_keep_the_values(layers: str, rows: int) -> None:
    first = probe(layers, rows)
    expected = results(first, first)
    for program in (after(first), optimize(first, 1)[0]):
        for name, value in results(program, first).items():
            assert np.allclose(value, expected[name], rtol=1e-10, atol=1e-12), name


def of(program: Program, kind: type) -> list[Statement]:
    own = [s for s in program.statements if isinstance(s, Statement)]
    return [s for s in own if any(isinstance(n, kind) for n in walk(s.value))]


def test_few_rows_are_multiplied_instead_of_many_labels() -> None:
    program = after(probe(LAYERS, FEW))
    picks = [s.target for s in of(program, Pick) if s.stage == FORWARD]
    assert picks == ["z_rnn_given"]
    table = next(s for s in program.statements if isinstance(s, Statement) and s.target == "z_rnn_table")
    assert table.axes[0].size == FEW and any(isinstance(n, Product) for n in walk(table.value))
    assert "z_emb" not in [s.target for s in program.statements if isinstance(s, Statement)]


def test_what_the_gradients_of_a_look_up_need_is_summed_once_for_each_label() -> None:
    program = after(probe(LAYERS, FEW))
    sums = [s for s in program.statements if isinstance(s, Statement) and s.target == "dz_rnn_by_tokens"]
    assert len(sums) == 1 and sums[0].axes[0].size == FEW
    readers = [s.target for s in program.plain(BACKWARD) if "dz_rnn_by_tokens" in {
        getattr(n, "name", "") for n in walk(s.value)}]
    assert readers == ["dW_rnn", "db_rnn", "dE_emb"]


@pytest.mark.parametrize("layers", [LAYERS, DENSE], ids=["recurrence", "dense"])
def test_many_rows_are_looked_up_first(layers: str) -> None:
    program = after(probe(layers, MANY))
    assert [s.target for s in of(program, Pick) if s.stage == FORWARD] == ["z_emb"]
    assert [s.target for s in of(program, AddAt)] == ["dE_emb"]
    assert not any(isinstance(n, OneHot) for s in of(program, Product) for n in walk(s.value))


def test_elementwise_work_is_done_on_the_rows() -> None:
    program = after(probe(DENSE, FEW))
    given = next(s for s in of(program, Pick) if s.stage == FORWARD)
    assert given.target in ("z_wide", "a_wide")


def test_a_sum_by_label_has_the_cheapest_form() -> None:
    few, many = after(probe(LAYERS, FEW)), after(probe(LAYERS, MANY))
    hot = next(s for s in few.plain(BACKWARD) if s.target == "dz_rnn_by_tokens")
    assert isinstance(hot.value, Product) or (isinstance(hot.value, AddAt) and hot.value.form == "runs")
    added = next(s for s in many.plain(BACKWARD) if s.target == "dE_emb")
    assert isinstance(added.value, AddAt) and not added.value.form


def test_other_dependence_on_labels_forbids_a_table() -> None:
    layers = "{type: embedding, name: emb, rows: 3, units: 6}\n{type: layer_norm, name: norm}\n"
    layers += "{type: self_attention, name: attn, heads: 2}\n{type: dense, name: out, units: 3}"
    first = network(layers)
    expected = results(first, first)
    for name, value in results(optimize(first, 1)[0], first).items():
        assert np.allclose(value, expected[name], rtol=1e-10, atol=1e-12), name
