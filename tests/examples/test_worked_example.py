"""The 2-2-2 net that textbooks work through by hand, against a calculation with 50 digits and no backward pass."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import pytest

from .made import example

X, T = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])
START = ["0.15", "0.25", "0.20", "0.30", "0.35", "0.35", "0.40", "0.50", "0.45", "0.55", "0.60", "0.60"]
RATE = "0.5"


def sigmoid(z: mpmath.mpf) -> mpmath.mpf:
    return 1 / (1 + mpmath.exp(-z))


def forward(theta: list[mpmath.mpf]) -> tuple[list[mpmath.mpf], list[mpmath.mpf], list[mpmath.mpf]]:
    """Net inputs and outputs of the hidden units, and the outputs; theta is W (by rows), b, V (by rows), c."""
    x = [mpmath.mpf("0.05"), mpmath.mpf("0.10")]
    z = [x[0] * theta[j] + x[1] * theta[2 + j] + theta[4 + j] for j in range(2)]
    a = [sigmoid(v) for v in z]
    y = [sigmoid(a[0] * theta[6 + k] + a[1] * theta[8 + k] + theta[10 + k]) for k in range(2)]
    return z, a, y


def loss(theta: list[mpmath.mpf]) -> mpmath.mpf:
    y = forward(theta)[2]
    return sum((v - mpmath.mpf(t)) ** 2 for v, t in zip(y, ("0.01", "0.99"), strict=True)) / 2


def along(theta: list[mpmath.mpf], k: int) -> Callable[[mpmath.mpf], mpmath.mpf]:
    return lambda v: loss([*theta[:k], v, *theta[k + 1 :]])


@pytest.fixture
def theta() -> list[mpmath.mpf]:
    with mpmath.workdps(50):
        return [mpmath.mpf(text) for text in START]


def test_the_spec_starts_where_the_textbook_does(theta: list[mpmath.mpf]) -> None:
    np.testing.assert_array_equal(example("worked_example").Network().theta, np.array(theta, dtype=float))


def test_the_numbers_of_the_forward_pass(theta: list[mpmath.mpf]) -> None:
    with mpmath.workdps(50):
        z, a, y = forward(theta)
    assert float(z[0]) == pytest.approx(0.3775, abs=1e-15)
    assert float(a[0]) == pytest.approx(0.593269992, abs=5e-10)
    net = example("worked_example").Network()
    hidden = X @ net.parameters["h.W"] + net.parameters["h.b"]
    np.testing.assert_allclose(hidden[0], np.array(z, dtype=float), rtol=1e-15)
    np.testing.assert_allclose(net.predict(X)[0], np.array(y, dtype=float), rtol=1e-15)


def test_the_whole_first_step(theta: list[mpmath.mpf]) -> None:
    """The loss, its twelve derivatives as limits of difference quotients, and the weights after one step."""
    with mpmath.workdps(50):
        gradient = [mpmath.diff(along(theta, k), theta[k]) for k in range(12)]
        after = [w - mpmath.mpf(RATE) * g for w, g in zip(theta, gradient, strict=True)]
        before = loss(theta)
        reached = loss(after)
    net = example("worked_example").Network()
    found, slope = net.loss_and_grad(X, T)
    assert found == pytest.approx(float(before), rel=1e-14)
    np.testing.assert_allclose(slope, np.array(gradient, dtype=float), rtol=1e-13)
    assert net.step(X, T) == pytest.approx(float(before), rel=1e-14)
    np.testing.assert_allclose(net.theta, np.array(after, dtype=float), rtol=1e-15)
    assert net.loss_and_grad(X, T)[0] == pytest.approx(float(reached), rel=1e-13)
    assert net.parameters["o.W"][0, 0] == pytest.approx(0.35891648, abs=5e-9)
