"""Of what the steps of a loop form, only the part is kept that something else reads, where that costs less."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from module.generated import imported

from symbp.compiler import compile_spec
from symbp.lower.model import STEP, Program, Statement
from symbp.passes.kept_parts import PART, WHOLE
from symbp.spec.load import loads

GRU = "{type: gru, name: rnn, units: 64, bias: false}"
BACK = "{type: gru, name: rnn, units: 64, bias: false, backwards: true}"
SMALL = "{type: gru, name: rnn, units: 3, bias: false}"
LSTM = "{type: lstm, name: rnn, units: 64}"


@cache
def compiled(layer: str, level: int):  # type: ignore[no-untyped-def]
    return compile_spec(loads(f"""
symbp: 1
name: kept
dtype: float64
input: {{x: [T, 5]}}
sizes: {{T: any}}
layers:
  - {layer}
  - {{type: dense, name: out, units: 2}}
loss: {{type: mse}}
train: {{optimizer: {{type: sgd, lr: 0.1}}, epochs: 1, batch_size: 32, seed: 0, typical_sizes: {{T: 32}}}}
"""), level)  # fmt: skip


def chosen(layer: str) -> list[str]:
    entry = next(e for e in compiled(layer, 1).ledger.entries if e.name == "kept parts")
    return [choice.chosen for choice in entry.choices]


@pytest.mark.parametrize(("layer", "ways"), [(GRU, [PART]), (BACK, [PART]), (SMALL, [WHOLE]), (LSTM, [])])
def test_only_an_array_of_which_one_part_is_read_is_kept_in_part(layer: str, ways: list[str]) -> None:
    assert chosen(layer) == ways


@pytest.mark.parametrize("layer", [GRU, BACK])
def test_the_array_of_a_step_has_no_axis_of_time(layer: str) -> None:
    program: Program = compiled(layer, 1).program
    shapes = {a.name: a.shape for a in program.arrays}
    assert shapes["q_rnn_now"] == ("n", 3, 64) and shapes["kept_q_rnn"] == ("T", "n", 64)
    assert "q_rnn" not in shapes
    made = [s for s in program.statements if isinstance(s, Statement) and s.target == "kept_q_rnn"]
    assert [s.at for s in made] == [((0, STEP),)]


@pytest.mark.parametrize("layer", [GRU, BACK])
def test_gradients_stay_the_same(layer: str) -> None:
    name = "kept_back" if layer == BACK else "kept"
    plain, fast = (imported(f"{name}{level}", compiled(layer, level).module) for level in (0, 1))
    rng = np.random.default_rng(0)
    for n, steps in ((1, 1), (3, 2), (2, 7)):
        x, y = rng.standard_normal((n, steps, 5)), rng.standard_normal((n, steps, 2))
        theta = 0.5 * rng.standard_normal(fast.SIZE)
        (loss, gradient), (same, expected) = fast.loss_and_grad(theta, x, y), plain.loss_and_grad(theta, x, y)
        assert np.isclose(loss, same, rtol=1e-12)
        assert np.allclose(gradient, expected, rtol=1e-10, atol=1e-12)
