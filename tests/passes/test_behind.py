"""What commutes with a maximum over windows is done behind it, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import lowered, spec

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    Apply,
    Fold,
    Node,
    Program,
    Read,
    Scatter,
    Statement,
    mapped,
    reads,
    walk,
)
from symbp.passes.behind import behind_maxima
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import ALWAYS

SIZES = {"n": 3}
POOL = "{type: max_pool2d, name: pool, size: %d, stride: %d, padding: %d}"


def network(activation: str, size: int = 2, stride: int = 2, padding: int = 0, between: str = "") -> str:
    rows = f"""{{type: conv2d, name: conv, filters: 3, kernel: 2, activation: {activation}}}
{between}{POOL % (size, stride, padding)}
{{type: flatten, name: flat}}
{{type: dense, name: fc, units: 2}}"""
    return spec(rows, "{type: mse}", inputs="{x: [2, 7, 9]}")


def started(text: str) -> Program:
    program = lowered(text)
    for _, run_pass in ALWAYS:
        program, _ = run_pass(program)
    return program


def values(program: Program, text: str, ties: bool = False) -> dict[str, np.ndarray]:
    arrays = sample(lowered(text), SIZES)
    if ties:  # whole numbers: most windows hold their maximum twice, and many are 0 after a relu
        arrays = {name: np.round(a) if a.dtype == float else a for name, a in arrays.items()}
    found = run(program, arrays, (FORWARD, LOSS, BACKWARD, "input x"), SIZES)
    gradients = [a.name for a in program.arrays if a.kind == "gradient"]
    return {name: found[name] for name in ("loss", "dx", *gradients)}


def maximum(program: Program) -> Statement:
    (s,) = (s for s in program.plain(FORWARD) if any(isinstance(n, Fold) and n.op == "max" for n in walk(s.value)))
    return s


@pytest.mark.parametrize("window", [(2, 2, 0), (3, 2, 0), (3, 2, 1), (2, 3, 0)])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus"])
@pytest.mark.parametrize("ties", [False, True])
def test_gradients_stay_what_they_are(activation: str, window: tuple[int, int, int], ties: bool) -> None:
    text = network(activation, *window)
    program = started(text)
    after, _ = behind_maxima(program, default_setting())
    after.check()
    expected, found = values(program, text, ties), values(after, text, ties)
    for name, value in expected.items():
        assert np.allclose(found[name], value, rtol=1e-12, atol=1e-14), name


def test_bias_and_relu_run_over_maxima_alone() -> None:
    program, did = behind_maxima(started(network("relu")), default_setting())
    s = maximum(program)
    assert isinstance(s.value, Apply)
    assert s.value.function == "maximum"
    assert "b_conv" in reads(s.value)
    assert "3 steps behind a maximum, 1 sum shorter" in did
    full = [s for s in program.statements if isinstance(s, Statement) and [a.size for a in s.axes[2:]] == [6, 8]]
    assert [s.target for s in full if s.stage == BACKWARD] == ["dz_conv"]
    assert all(isinstance(s.value, Fold | Scatter) for s in full)


def test_the_gradient_of_a_bias_is_summed_over_windows() -> None:
    program, _ = behind_maxima(started(network("relu")), default_setting())
    (s,) = (s for s in program.plain(BACKWARD) if s.target == "db_conv")
    assert isinstance(s.value, Fold)
    assert sorted(str(a.size) for a in s.value.over) == ["3", "4", "n"]


def test_a_value_that_others_read_stays_in_front() -> None:
    own = "{type: residual, name: add, layers: [{type: batch_norm, name: r}]}\n"
    text = network("relu", between=own)
    before = started(text)
    after, _ = behind_maxima(before, default_setting())
    assert any(s.target == "a_conv" for s in after.plain(FORWARD))


def test_where_nothing_shows_that_a_gradient_is_0_on_ties_relu_stays_in_front() -> None:
    """With another subgradient, 1 at 0, a tie at 0 has a gradient, and the first place of the tie must have it."""

    def other(n: Node) -> Node:
        return replace(n, function="greater_equal") if isinstance(n, Apply) and n.function == "greater" else n

    def with_one_at_0(s: Statement) -> Statement:
        return replace(s, value=mapped(s.value, other)) if s.stage == BACKWARD else s

    text = network("relu")
    program = started(text)
    program = replace(program, statements=tuple(with_one_at_0(s) for s in program.statements))
    after, _ = behind_maxima(program, default_setting())
    assert isinstance(maximum(after).value, Fold)
    expected, found = values(program, text, ties=True), values(after, text, ties=True)
    for name, value in expected.items():
        assert np.allclose(found[name], value, rtol=1e-12, atol=1e-14), name


def test_windows_side_by_side_at_every_place_move_nothing() -> None:
    program = started(network("relu", 3, 1, 1))
    after, did = behind_maxima(program, default_setting())
    assert after == program
    assert not did


def test_the_first_maximum_is_that_of_what_is_left_in_front() -> None:
    program, _ = behind_maxima(started(network("relu")), default_setting())
    (inner,) = (n for n in walk(maximum(program).value) if isinstance(n, Fold))
    (given,) = (s.value for s in program.plain(BACKWARD) if isinstance(s.value, Scatter))
    firsts = [n for n in walk(given) if isinstance(n, Fold) and n.op == "argmax"]
    assert [reads(n) for n in firsts] == [reads(inner)]
    assert not any(isinstance(n, Read) and n.name == "a_conv" for s in program.plain(BACKWARD) for n in walk(s.value))
