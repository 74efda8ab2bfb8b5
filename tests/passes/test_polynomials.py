"""Polynomials are computed with the fewest products, and stay what they are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from lower.interpret import evaluate
from lower.networks import TWO_LAYERS, lowered, spec

from symbp.lower.model import Apply, Axis, Node, Program, Read, Scalar, Statement, walk
from symbp.notation.expr import number
from symbp.passes.polynomials import multiply_out

I = Axis("i", 5)  # noqa: E741
Z, Y = Read("z", (I,)), Read("y", (I,))


def n(top: int, bottom: int = 1) -> Scalar:
    return Scalar(number(Fraction(top, bottom)))


def add(a: Node, b: Node) -> Node:
    return Apply("add", (a, b))


def times(a: Node, b: Node) -> Node:
    return Apply("multiply", (a, b))


def raised(a: Node, exponent: int) -> Node:
    return Apply("power", (a, n(exponent)))


SQUARE = Apply("square", (Z,))
INNER = add(times(SQUARE, n(3)), n(1, 2))
# The value, and how many calls it takes afterwards.
VALUES: dict[str, tuple[Node, int]] = {
    "cube": (raised(Z, 3), 2),
    "seventh": (times(raised(Z, 7), n(3)), 5),
    "inside gelu": (times(add(Z, times(raised(Z, 3), n(1, 7))), n(4, 5)), 4),
    "even": (add(add(raised(Z, 4), times(SQUARE, n(2))), n(5)), 4),
    "mixed": (Apply("subtract", (raised(Z, 3), times(SQUARE, n(1, 2)))), 3),
    "lowest term": (add(raised(Z, 5), raised(Z, 3)), 5),
    "of a sum": (raised(add(Z, Y), 3), 4),
    "number inside": (times(times(add(times(SQUARE, n(3)), n(1, 2)), Y), n(1, 4)), 4),
    "number inside once": (times(times(INNER, INNER), n(1, 4)), 5),
    "negative": (Apply("negative", (add(raised(Z, 3), Z),)), 4),
    "nothing to do": (times(add(Z, n(1)), Y), 2),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_polynomial_stays_what_it_is_with_few_calls(name: str) -> None:
    value, calls = VALUES[name]
    program = Program("p", (), (Statement("a", (I,), value, "forward"),), (), (), (), (), (), 0)
    (s,) = multiply_out(program)[0].statements
    assert isinstance(s, Statement)
    rng = np.random.default_rng(0)
    known = {"z": rng.normal(size=5), "y": rng.normal(size=5)}
    expected = evaluate(Statement("a", (I,), value, "forward"), known, {}, {})
    assert np.allclose(evaluate(s, known, {}, {}), expected, rtol=1e-13, atol=0)
    functions = [node.function for node in {n for n in walk(s.value) if isinstance(n, Apply)}]
    assert "power" not in functions
    assert len(functions) <= calls


def test_no_network_calls_power_for_a_gelu() -> None:
    program, did = multiply_out(lowered(spec(TWO_LAYERS % "gelu_tanh", "{type: mse}")))
    powers = [n for s in program.statements for n in walk(s.value) if isinstance(n, Apply) and n.function == "power"]
    assert not powers
    assert did
