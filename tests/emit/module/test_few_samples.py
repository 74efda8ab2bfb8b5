"""The size of NumPy's buffers is left alone where no array of a step is longer than they are."""

from __future__ import annotations

import pytest
from lower.networks import spec

from emit.code.bodies import coded
from symbp.emit.module_steps import SCRATCH, few_samples, straight
from symbp.graph.build import build
from symbp.spec.load import loads

DENSE = "{type: dense, name: a, units: %d, activation: tanh}\n{type: dense, name: b, units: 3}"
TRAIN = "train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 8, seed: 0}"


@pytest.mark.parametrize(
    ("inputs", "units", "most"), [(4, 16, SCRATCH // 16), (4000, 16, SCRATCH // 16), (4, 1000, 0), (4000, 1000, 0)]
)
def test_what_products_alone_read_does_not_count(inputs: int, units: int, most: int) -> None:
    text = spec(DENSE % units, "{type: mse}", inputs=f"{{x: [{inputs}]}}", train=TRAIN)
    assert few_samples(build(loads(text)), coded(text, 1)[1]) == (str(most) if most else "")


LAST = "{type: dense, name: b, units: 3}"
CONV = "{type: conv1d, name: a, filters: 4, kernel: 3, activation: relu}\n{type: flatten}\n" + LAST
SCAN = "{type: gru, name: a, units: 4}\n{type: dense, name: b, units: 3}"


@pytest.mark.parametrize(
    ("layers", "inputs", "expected"),
    [
        (DENSE % 16, "[4]", True),  # biases are rows of their weights
        (DENSE % 1000, "[4]", False),  # a bias is added row by row
        (DENSE.replace("tanh", "relu") % 1000, "[4]", False),  # masks are converted
        (CONV, "[20, 3]", False),
        (SCAN, "[7, 3]", False),
    ],
)
def test_only_operands_with_gaps_and_masks_are_gathered(layers: str, inputs: str, expected: bool) -> None:
    text = spec(layers, "{type: mse}", inputs=f"{{x: {inputs}}}", train=TRAIN)
    assert straight(coded(text, 1, samples=8)[1]) is expected
