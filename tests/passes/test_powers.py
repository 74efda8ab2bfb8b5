"""Powers by whole numbers are squares and products."""

from __future__ import annotations

import numpy as np
import pytest
from lower.interpret import run

from symbp.lower.model import FORWARD, Apply, Array, Axis, Program, Read, Scalar, Statement, walk
from symbp.notation.expr import number
from symbp.passes.primitive import make_primitive

ROW = (Axis("i", 5),)
Z = np.array([-2.0, -0.5, 0.0, 0.3, 3.0])


def power(k: int) -> Program:
    value = Apply("power", (Read("z", ROW), Scalar(number(k))))
    arrays = (Array("z", (5,), "parameter"), Array("y", (5,)))
    return Program("p", arrays, (Statement("y", ROW, value, FORWARD),), ("y",), ("loss",), (), (), (), 5)


@pytest.mark.parametrize("k", range(3, 17))
def test_a_whole_power_is_a_chain_of_products(k: int) -> None:
    program, _ = make_primitive(power(k))
    found = {n.function for n in walk(program.plain(FORWARD)[0].value) if isinstance(n, Apply)}
    assert found <= {"square", "multiply"}
    assert np.allclose(run(program, {"z": Z}, (FORWARD,), {})["y"], Z**k, rtol=1e-13)


def test_a_large_power_stays_one_call() -> None:
    program, _ = make_primitive(power(17))
    assert program.plain(FORWARD)[0].value == power(17).plain(FORWARD)[0].value
