"""What is done alike to neighbouring parts in a step of a loop is one call, and keeps the values."""

from __future__ import annotations

import numpy as np
import pytest
from lower.interpret import run, sample
from lower.networks import lowered, spec

from symbp.lower.model import BACKWARD, FORWARD, LOSS, Apply, Program, Statement
from symbp.passes.optimize import optimize
from symbp.passes.together import do_together

SIZES = {"n": 3, "T": 4}
MORE = "sizes: {T: any}\n"


def probe(layer: str, steps: int | str = "T", units: int = 5) -> Program:
    layers = f"{{type: {layer}, name: rnn, units: {units}}}\n{{type: dense, name: out, units: 2}}"
    return lowered(spec(layers, "{type: mse}", inputs=f"{{x: [{steps}, 3]}}", more=MORE if steps == "T" else ""))


def results(program: Program, first: Program) -> dict[str, np.ndarray]:
    given = tuple(f"input {x}" for x, _ in program.input_gradients)
    memory = run(program, sample(first, SIZES), (FORWARD, LOSS, BACKWARD, *given), SIZES)
    return {name: memory[name] for name in ["loss", *(a.name for a in program.arrays if a.kind == "gradient")]}


@pytest.mark.parametrize("layer", ["lstm", "gru", "rnn"])
def test_the_values_stay(layer: str) -> None:
    first = probe(layer)
    expected = results(first, first)
    for key, value in results(optimize(first, 1)[0], first).items():
        assert np.allclose(value, expected[key], rtol=1e-10, atol=1e-12), key


@pytest.mark.parametrize("layer", ["lstm", "gru"])
@pytest.mark.parametrize(("steps", "units"), [(2, 2), (2, 3), (3, 2)])
def test_the_values_stay_where_other_axes_are_as_long_as_there_are_parts(layer: str, steps: int, units: int) -> None:
    """The parts of one step have the shape of an array of all steps, which must not lie in their memory."""
    first = probe(layer, steps, units)
    done, _ = optimize(first, 1)
    owner = {p.name: p.owner for p in done.places}
    brief = {owner[s.target] for s in done.plain(FORWARD) if s.loop and not s.at}
    lasting = {owner[s.target] for s in done.plain(FORWARD) if s.loop and s.at and s.target in owner}
    assert not brief & lasting
    expected = results(first, first)
    for key, value in results(done, first).items():
        assert np.allclose(value, expected[key], rtol=1e-10, atol=1e-12), key


def sigmoids(program: Program) -> list[Statement]:
    found = program.plain(FORWARD)
    return [s for s in found if isinstance(s.value, Apply) and s.value.function == "sigmoid"]


def test_neighbouring_gates_are_one_call() -> None:
    program, _ = optimize(probe("lstm"), 1)
    joined, other = sigmoids(program)
    assert joined.target == "i_f_rnn" and joined.axes[0].size == 2
    assert other.target == "o_rnn"  # the gate between is no sigmoid
    parts = {a.name: a.place for a in program.arrays if a.view_of == "i_f_rnn"}
    assert parts["i_rnn"] == (1, 0) and parts["f_rnn"] == (1, 1)


def test_a_chain_on_neighbours_is_joined_from_its_start() -> None:
    program, _ = optimize(probe("gru"), 1)
    (joined,) = sigmoids(program)
    assert joined.target == "r_z_rnn"
    adds = [s.target for s in program.plain(FORWARD) if isinstance(s.value, Apply) and s.value.function == "add"]
    assert "u_v_rnn" in adds


def test_shifted_reads_are_views_of_the_whole() -> None:
    program, _ = optimize(probe("lstm"), 1)
    after = program.array("f_rnn_after")
    assert after.view_of == "i_f_rnn" and after.place == (1, 1) and after.shift == (1, 0, 0, 0)
    assert program.array("i_f_rnn").padding[0] == (0, 1)


def test_nothing_to_do_without_a_loop() -> None:
    first = lowered(spec("{type: dense, name: a, units: 4, activation: tanh}", "{type: mse}"))
    assert do_together(first) == (first, "")
