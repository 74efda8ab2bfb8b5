"""Bodies of networks with windows, scatters and parts, at both levels: as the slow evaluator of programs has it."""

from __future__ import annotations

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import lowered
from lower.windowed import WINDOWED

from .bodies import Bodies

SIZES = {"n": 3, "T": 2}
STEP = ("forward", "loss", "backward", "input x")


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", [name for name in WINDOWED if name != "at constants"])
def test_values_and_gradients(name: str, level: int) -> None:
    program = lowered(WINDOWED[name])
    arrays = sample(program, SIZES)
    expected = run(program, arrays, STEP, SIZES)
    found = Bodies(WINDOWED[name], level).step(arrays, sizes=SIZES)
    assert float(found.loss) == pytest.approx(float(expected["loss"]), rel=1e-12)
    for label, gradient in {**found.gradients, **found.inputs}.items():
        scale = np.abs(expected[f"d{label}"]).max()
        assert np.abs(gradient - expected[f"d{label}"]).max() <= 1e-12 * scale, label


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", ["conv strided", "max pool overlap", "depthwise", "transposed"])
def test_a_second_step_sees_nothing_of_the_first(name: str, level: int) -> None:
    bodies = Bodies(WINDOWED[name], level)
    first, second = (sample(bodies.program, SIZES, seed=seed) for seed in (1, 2))
    again = bodies.again(bodies.step(first, sizes=SIZES), second)
    fresh = bodies.step(second, sizes=SIZES)
    assert float(again.loss) == float(fresh.loss)
    for label, gradient in {**fresh.gradients, **fresh.inputs}.items():
        assert np.array_equal(gradient, {**again.gradients, **again.inputs}[label]), label
