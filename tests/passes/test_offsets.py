"""Values that differ by numbers from one that nothing else reads are formed from the first of them."""

from __future__ import annotations

import numpy as np
import pytest
from lower.interpret import run
from lower.networks import lowered, spec

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    INPUT,
    Apply,
    Array,
    Axis,
    Node,
    Program,
    Read,
    Scalar,
    Statement,
    reads,
)
from symbp.notation.expr import number
from symbp.passes.ledger import default_setting
from symbp.passes.offsets import sums_from_the_first
from symbp.passes.optimize import optimize

N, J = Axis("n", "n"), Axis("j", 4)
U = Read("u", (N, J))


def num(value: str) -> Scalar:
    return Scalar(number(value))


def program(values: dict[str, Node], stages: dict[str, str] | None = None) -> Program:
    made = {"u": Apply("tanh", (Read("x", (N, J)),)), **values}
    statements = tuple(Statement(k, (N, J), v, (stages or {}).get(k, FORWARD)) for k, v in made.items())
    arrays = (Array("x", ("n", 4), "input"), *(Array(k, ("n", 4)) for k in made))
    return Program("p", arrays, statements, (), (), (), (), (), 0)


def readers_of(done: Program, name: str) -> list[str]:
    return [s.target for s in done.statements if isinstance(s, Statement) and name in reads(s.value)]


PLUS, MINUS = Apply("add", (U, num("1"))), Apply("subtract", (num("1"), U))
PAIRS = {
    "1 - u from u + 1": (PLUS, MINUS),
    "u + 1 from 1 - u": (MINUS, PLUS),
    "u - 2 from 3 + u": (Apply("add", (num("3"), U)), Apply("subtract", (U, num("2")))),
    "3/2 - u from 2 - u": (Apply("subtract", (num("2"), U)), Apply("subtract", (num("3/2"), U))),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_the_second_sum_reads_the_first(pair: str) -> None:
    before = program(dict(zip("vw", PAIRS[pair], strict=True)))
    done, _ = sums_from_the_first(before)
    assert readers_of(done, "u") == ["v"]
    assert readers_of(done, "v") == ["w"]
    known = {"x": np.random.default_rng(0).normal(size=(3, 4))}
    expected, found = (run(p, known, (FORWARD,), {"n": 3}) for p in (before, done))
    assert np.allclose(found["w"], expected["w"], rtol=1e-14, atol=1e-15)


OTHERS = {
    "something else reads it": {"v": PLUS, "w": MINUS, "a": Apply("multiply", (U, U))},
    "one sum alone": {"v": PLUS},
    "the first number is much larger": {"v": Apply("add", (U, num("5"))), "w": MINUS},
}


@pytest.mark.parametrize("what", OTHERS)
def test_others_stay(what: str) -> None:
    before = program(OTHERS[what])
    assert sums_from_the_first(before) == (before, "")


def test_what_is_not_always_carried_out_forms_nothing() -> None:
    optional = program({"v": PLUS, "w": MINUS}, {"v": f"{INPUT}x", "w": f"{INPUT}z"})
    assert sums_from_the_first(optional)[0] == optional
    later = program({"v": PLUS, "w": MINUS}, {"w": BACKWARD})
    assert readers_of(sums_from_the_first(later)[0], "u") == ["v"]


def test_a_gelu_needs_one_array_less() -> None:
    layers = "{type: dense, name: a, units: 300, activation: gelu_tanh}\n{type: dense, name: b, units: 3}"
    done, _ = optimize(lowered(spec(layers, "{type: mse}")), 1, default_setting(64))
    owner = {p.name: p.owner for p in done.places}
    assert owner["u_plus_one_a"] == owner["u_a"]
    assert len({owner.get(a.name, a.name) for a in done.arrays if a.shape == ("n", 300)}) == 4
