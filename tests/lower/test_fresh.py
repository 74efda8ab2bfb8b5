"""Names and letters that nothing else has."""

import doctest

from symbp.lower import fresh
from symbp.lower.model import Axis, fresh_axis


def test_the_examples() -> None:
    assert doctest.testmod(fresh).failed == 0


def test_a_fresh_letter_is_taken_from_then_on() -> None:
    taken = {"n", "n2"}
    assert fresh_axis(Axis("n", 3), taken) == Axis("n3", 3)
    assert fresh_axis(Axis("n", 3), taken) == Axis("n4", 3)
    assert fresh_axis(Axis("m", 3), taken) == Axis("m", 3)
