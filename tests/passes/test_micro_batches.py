"""How many samples pass through a network together, by what that costs and by the memory that it takes."""

from __future__ import annotations

from functools import cache

import pytest

from symbp.derive.network import derive
from symbp.graph.build import build
from symbp.lower.lower import lower
from symbp.lower.model import MicroBatches, Program
from symbp.passes import micro_batches
from symbp.passes.account import Ledger
from symbp.passes.ledger import Setting
from symbp.passes.optimize import optimize
from symbp.passes.profile import default_machine
from symbp.spec.load import loads

from .specs import IMAGES

WIDE = """
symbp: 1
name: wide
input: {x: [500]}
layers:
  - {type: dense, name: a, units: 500, activation: relu}
NORM  - {type: dense, name: out, units: 10}
loss: {type: cross_entropy}
train: {optimizer: {type: adam, lr: 1e-3}, batch_size: 64MORE}
"""


@cache
def chosen(text: str, more: str = "", level: int = 1) -> tuple[Program, Ledger]:
    graph = build(loads(text.replace("MORE", more).replace("NORM", "")))
    return optimize(lower(derive(graph)), level, Setting(default_machine(), graph.training.batch_size))


def micro(text: str, more: str = "", level: int = 1) -> MicroBatches:
    found = chosen(text, more, level)[0].micro
    assert found is not None
    return found


def test_images_are_cut_since_their_values_leave_the_cache() -> None:
    program, ledger = chosen(IMAGES)
    assert program.micro is not None and 1 < program.micro.size <= 16
    assert program.micro.rows == program.micro.size
    assert ledger.setting.samples == program.micro.size and ledger.whole == 32
    assert "MB" in program.micro.reason


def test_many_parameters_are_not_added_up_again_and_again() -> None:
    _, ledger = chosen(WIDE)
    assert micro(WIDE).size == 0
    assert ledger.micro is not None and ledger.micro.chosen.startswith("the whole batch")
    assert [name.split(",")[0] for name, _ in ledger.micro.candidates[:3]] == [
        "the whole batch",
        "micro-batches of 32",
        "micro-batches of 16",
    ]


def test_the_ledger_has_candidates_costs_and_the_reason() -> None:
    text = chosen(IMAGES)[1].describe()
    assert f"prices of a micro-batch of {micro(IMAGES).size} samples out of 32" in text
    assert "samples at a time: micro-batches of" in text and "the whole batch, " in text
    assert "prices of a step with 64 samples" in chosen(WIDE)[1].describe()


@pytest.mark.parametrize(("more", "size"), ((", micro_batch_size: 5", 5), (", micro_batch_size: off", 0)))
def test_the_spec_decides(more: str, size: int) -> None:
    assert micro(IMAGES, more).size == micro(WIDE, more).size == size
    assert micro(IMAGES, more, 0).size == 0


def test_batch_statistics_keep_a_batch_whole() -> None:
    graph = build(loads(WIDE.replace("MORE", "").replace("NORM", "  - {type: batch_norm, name: bn}\n")))
    program, ledger = optimize(lower(derive(graph)), 1, Setting(default_machine(), 64))
    assert program.micro is not None and program.micro.inseparable and program.micro.size == 0
    assert ledger.micro is None and program.micro.rows == 4096


def test_large_values_are_cut_where_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a gain in time, memory decides: the smallest part that takes no more time."""
    monkeypatch.setattr(micro_batches, "FREE", 1e9)
    whole = chosen(WIDE)[0]
    setting = Setting(default_machine(), 64)
    assert micro_batches.choose_micro_batch(whole, setting)[0] is None
    monkeypatch.setattr(micro_batches, "FAR", 1)
    found, choice = micro_batches.choose_micro_batch(whole, setting)
    assert found is not None and found.size == 1
    assert choice is not None and "is paid for less memory" in choice.describe()[0]


def test_predictions_take_as_many_samples_as_a_cache_holds() -> None:
    assert micro(WIDE).rows == 4096
    off = micro(IMAGES, ", micro_batch_size: off").rows
    assert 32 <= off < 1024


def test_predictions_through_blocks_that_draw_in_training() -> None:
    """The program of a prediction goes through the blocks of that of training."""
    block = "  - {type: dense, name: fc, units: 500}\n      - {type: dropout, name: drop, rate: 0.5}\n"
    repeat = f"  - type: repeat\n    name: block\n    times: 3\n    layers:\n    {block}"
    graph = build(loads(WIDE.replace("MORE", "").replace("NORM", repeat)))
    program, _ = optimize(lower(derive(graph)), 1, Setting(default_machine(), 64))
    assert program.inference is not None and program.bodies
    assert program.micro is not None and 64 < program.micro.rows <= 4096
