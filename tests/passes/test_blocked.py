"""Blocks of the update: none where a cache holds everything, else as long as costs least."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lower.networks import OPTIMIZERS

from symbp.lower.model import UPDATE, Array, Axis, Fold, Program, Read, Statement
from symbp.passes.blocked import SIZES, WHOLE, update_in_blocks
from symbp.passes.ledger import Choice, default_setting

from .front import before


def long(optimizer: str, count: int) -> Program:
    """A program in front of the pass, whose vectors have so many numbers."""
    program = before("blocks of the update", OPTIMIZERS[optimizer])
    old = program.parameter_count

    def longer(a: Array) -> Array:
        return replace(a, shape=(count,)) if a.shape == (old,) else a

    return replace(program, parameter_count=count, arrays=tuple(map(longer, program.arrays)))


def chosen(program: Program) -> tuple[int, Choice]:
    done, _, (choice,) = update_in_blocks(program, default_setting())
    return done.update_block, choice


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adamw", "rmsprop"])
def test_what_a_cache_holds_is_one_block(name: str) -> None:
    size, choice = chosen(long(name, 40_000))
    assert (size, choice.chosen) == (0, WHOLE)


@pytest.mark.parametrize("name", ["momentum", "adam", "rmsprop"])
def test_millions_of_numbers_come_in_blocks_that_a_cache_holds(name: str) -> None:
    size, choice = chosen(long(name, 6_000_000))
    assert 1 << 15 <= size <= 1 << 19
    costs = dict(choice.candidates)
    assert costs[choice.chosen] <= 1.02 * min(costs.values())
    assert costs[choice.chosen] < 0.75 * costs[WHOLE]


def test_short_vectors_are_not_asked_about() -> None:
    assert update_in_blocks(long("adam", SIZES[0]), default_setting())[1:] == ("", ())


def test_what_reads_other_places_is_not_cut() -> None:
    program = long("adam", 6_000_000)
    axis, other = Axis("i", 6_000_000), Axis("j", 2)
    s = Statement("theta", (axis,), Fold("sum", (other,), Read("pairs", (axis, other))), UPDATE)
    done = update_in_blocks(replace(program, statements=(*program.statements, s)), default_setting())
    assert done[0].update_block == 0
    assert not done[2]
