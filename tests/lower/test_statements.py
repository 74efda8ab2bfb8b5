"""Which statements work on whole arrays, and which give one its value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbp.lower.model import FORWARD, Axis, Loop, Read, Statement
from symbp.notation.expr import number

N = Axis("n", "n")
PLAIN = Statement("y", (N,), Read("x", (N,)), FORWARD)


def test_a_plain_statement_gives_a_whole_array_its_value() -> None:
    assert PLAIN.whole
    assert PLAIN.definition


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAIN, loop=Loop("l", Axis("t", "T"))),
        replace(PLAIN, at=((0, number(1)),)),
        replace(PLAIN, where="decayed"),
    ],
)
def test_in_a_loop_at_a_place_or_on_a_part_it_does_not(other: Statement) -> None:
    assert not other.whole
    assert not other.definition


def test_what_is_added_works_on_the_whole_and_defines_nothing() -> None:
    added = replace(PLAIN, accumulate=True)
    assert added.whole
    assert not added.definition
