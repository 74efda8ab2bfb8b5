"""Every layer of `cases`: the derived gradients are those of the forward equations, at awkward sizes too."""

import numpy as np
import pytest

from .cases import CASES, FORTY_FOUR
from .harness import evaluator, point, setup
from .naive import Naive, gradients

RUNS = [(name, run) for name, case in CASES.items() for run in range(len(case.runs))]


def test_there_are_forty_four_layers():
    assert len(FORTY_FOUR) == 44


@pytest.mark.parametrize(("name", "run"), RUNS)
def test_gradients_agree_with_complex_step(name, run):
    s, at = setup(name), point(name, run)
    found = evaluator(name, at)
    expected = gradients(s.equations, s.output, at.upstream, s.wanted, at.data, at.sizes, at.constants)
    for wanted in s.wanted:
        np.testing.assert_allclose(found.array(f"d{wanted}"), expected[wanted], rtol=1e-10, atol=1e-12, err_msg=wanted)


@pytest.mark.parametrize(("name", "run"), RUNS)
def test_forward_values_are_those_of_the_equations(name, run):
    s, at = setup(name), point(name, run)
    found = evaluator(name, at)
    plain = Naive(s.equations, at.data, at.sizes, at.constants)
    for equation in s.equations:
        np.testing.assert_allclose(found.array(equation.name), plain.array(equation.name), rtol=1e-12, atol=1e-13)
