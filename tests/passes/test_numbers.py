"""Numbers are multiplied into what has the fewest places."""

from __future__ import annotations

import numpy as np
import pytest
from lower.interpret import evaluate, run, sample
from lower.networks import TWO_LAYERS, lowered, spec

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    Apply,
    Axis,
    Fold,
    Node,
    Program,
    Read,
    Scalar,
    Statement,
    axes_of,
    walk,
)
from symbp.notation.expr import number
from symbp.passes.ledger import default_setting
from symbp.passes.numbers import numbers_inside
from symbp.passes.optimize import CALLS, done

N, J = Axis("n", 6), Axis("j", 4)
X, S, G = Read("x", (N, J)), Read("s", (N,)), Read("g", (J,))
C = Scalar(number("1/8"))


def times(*factors: Node) -> Node:
    value, *others = factors
    for factor in others:
        value = Apply("multiply", (value, factor))
    return value


# The value, and the axes of what is multiplied by a number afterwards.
VALUES = {
    "a row's factor": (times(X, S, C), (N,)),
    "the smaller of two": (times(X, S, G, C), (J,)),
    "a sum": (times(X, Fold("sum", (J,), times(X, G)), C), (N,)),
    "a divisor": (times(X, Apply("reciprocal", (S,)), C), (N,)),
    "one alone": (times(X, C), (N, J)),
    "two of a size": (times(X, X, C), (N, J)),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_number_goes_into_the_smallest_factor(name: str) -> None:
    value, axes = VALUES[name]
    before = Statement("a", (N, J), value, FORWARD)
    (after,) = numbers_inside(Program("p", (), (before,), (), (), (), (), (), 0), default_setting())[0].statements
    assert isinstance(after, Statement)
    known = {k: np.random.default_rng(1).uniform(1, 2, shape) for k, shape in {"x": (6, 4), "s": 6, "g": 4}.items()}
    assert np.allclose(evaluate(after, known, {}, {}), evaluate(before, known, {}, {}), rtol=1e-14, atol=0)
    scaled = [n for n in walk(after.value) if isinstance(n, Apply) and C in n.args]
    assert [set(axes_of(n)) for n in scaled] == [set(axes)]


def test_the_mean_over_a_batch_goes_into_the_divisor_of_the_softmax() -> None:
    text = spec(TWO_LAYERS % "tanh", "{type: cross_entropy, labels: integer}")
    program = lowered(text)
    for what, run_pass in CALLS:
        if what == "numbers":
            break
        program, _, _ = done(run_pass, program, default_setting())
    after, did = numbers_inside(program, default_setting())
    after.check()
    assert did
    assert not any(s.target == "p_loss" for s in after.plain(BACKWARD))
    (s,) = (s for s in after.plain(BACKWARD) if s.target == "dz_fc2")
    by_number = [n for n in walk(s.value) if isinstance(n, Apply) and n.function == "multiply" and is_scaled(n)]
    assert all(len(axes_of(n)) < 2 or "hot" in type(n.args[0]).__name__.lower() for n in by_number)
    sizes, stages = {"n": 3}, (FORWARD, LOSS, BACKWARD)
    arrays = sample(lowered(text), sizes)
    expected, found = (run(p, arrays, stages, sizes) for p in (program, after))
    for a in program.arrays:
        if a.kind == "gradient":
            assert np.allclose(found[a.name], expected[a.name], rtol=1e-12, atol=1e-14), a.name


def is_scaled(node: Apply) -> bool:
    return any(isinstance(a, Scalar) for a in node.args)
