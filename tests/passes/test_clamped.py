"""Long maxima and minima with a number have an array of it beside them; the values are the same."""

from __future__ import annotations

import numpy as np
import pytest
from lower.interpret import evaluate
from lower.networks import lowered, spec

from symbp.emit.code import code_of
from symbp.lower.model import FORWARD, UPDATE, Apply, Array, Axis, Program, Read, Scalar, Statement
from symbp.notation.expr import number
from symbp.passes.clamped import compare_with_arrays
from symbp.passes.ledger import Setting, default_setting
from symbp.passes.optimize import optimize
from symbp.passes.profile import default_machine

N, J, K = Axis("n", "n"), Axis("j", 300), Axis("k", 40)


def program(function: str, axes: tuple[Axis, ...], value: str = "0", stage: str = FORWARD) -> Program:
    shape = tuple(a.size for a in axes)
    s = Statement("a", axes, Apply(function, (Read("z", axes), Scalar(number(value)))), stage)
    arrays = (Array("z", shape, "input"), Array("a", shape))
    return Program("p", arrays, (s,), (), (), (), (), (), 0)


def passed(before: Program, samples: int) -> tuple[Program, Statement]:
    done = compare_with_arrays(before, Setting(default_machine(), samples))[0]
    (s,) = done.statements
    assert isinstance(s, Statement)
    return done, s


@pytest.mark.parametrize(("function", "value"), [("maximum", "0"), ("minimum", "3/4"), ("maximum", "-1/2")])
def test_the_values_are_the_same(function: str, value: str) -> None:
    before = program(function, (N, J), value)
    done, s = passed(before, 64)
    (made,) = (a for a in done.arrays if a.kind == "filled")
    assert made.shape == ("n", 300)
    z = np.random.default_rng(0).normal(size=(64, 300))
    known = {"z": z, made.name: np.full((64, 300), made.data[0])}
    expected = evaluate(before.plain(FORWARD)[0], known, {"n": 64}, {})
    assert np.array_equal(evaluate(s, known, {"n": 64}, {}), expected)


@pytest.mark.parametrize(("axes", "shape"), [((N, J), ("n", 300)), ((N, J, K), (300, 40)), ((K, J, N), (300, "n"))])
def test_beside_a_long_array_lies_a_part_of_it(axes: tuple[Axis, ...], shape: tuple[int | str, ...]) -> None:
    done, _ = passed(program("maximum", axes), 64)
    (made,) = (a for a in done.arrays if a.kind == "filled")
    assert made.shape == shape


def test_short_arrays_and_the_update_keep_their_number() -> None:
    for before, samples in ((program("maximum", (N, J)), 3), (program("maximum", (N, J), stage=UPDATE), 64)):
        done, s = passed(before, samples)
        assert done.arrays == before.arrays
        assert s == before.statements[0]


def test_equal_relus_share_their_zeros() -> None:
    layer = "{type: dense, name: %s, units: 300, activation: relu}"
    text = spec(f"{layer % 'a'}\n{layer % 'b'}\n{{type: dense, name: c, units: 3}}", "{type: mse}")
    done, _ = optimize(lowered(text), 1, default_setting(64))
    buffers = [b for b in code_of(done).buffers if b.name.startswith("zeros")]
    assert [(b.name, b.of) for b in buffers] == [("zeros_n_300", "np.zeros((n, 300), dtype)")]
