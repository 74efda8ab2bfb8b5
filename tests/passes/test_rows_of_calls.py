"""Rows that a call counts: a few at a time, the last part shorter; what only the loop reads is as long as a part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lower.interpret import run
from lower.networks import lowered, spec

from passes.test_in_rows import HEAD, built
from symbp.compiler import compile_spec
from symbp.emit.code import code_of
from symbp.lower.model import FORWARD, Apply, Array, Axis, Fold, Node, Program, Read, Scalar, Statement
from symbp.notation.expr import number
from symbp.passes import in_rows, row_runs
from symbp.passes.in_rows import WHOLE, run_in_rows
from symbp.passes.ledger import default_setting
from symbp.passes.optimize import optimize
from symbp.passes.places import assign_places
from symbp.spec.load import loads

N, T, J, C = Axis("n", "n"), Axis("t", "T"), Axis("j", 64), Axis("c", "n")
HALF = Scalar(number("1/2"))


def gelu(units: int, samples: int, level: int = 1) -> Program:
    layers = f"{{type: dense, name: a, units: {units}, activation: gelu_tanh}}\n{{type: dense, name: b, units: 3}}"
    train = "train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 4, seed: 0, micro_batch_size: off}"
    return optimize(lowered(spec(layers, "{type: mse}", train=train)), level, default_setting(samples))[0]


def in_loops(program: Program) -> list[list[str]]:
    """The targets of the statements of each loop."""
    found: dict[str, list[str]] = {}
    for s in program.statements:
        if isinstance(s, Statement) and s.loop:
            found.setdefault(s.loop.name, []).append(s.target)
    return [*found.values()]


def test_four_million_numbers_go_a_few_rows_at_a_time() -> None:
    program = gelu(2048, 2048)
    (chain,) = in_loops(program)
    assert {"z_a", "u_a", "a_a_rows"} <= set(chain)
    shapes = {a.name: a.shape for a in program.arrays}
    assert shapes["u_a"][1] == 2048
    assert isinstance(shapes["u_a"][0], int)
    assert shapes["a_a"] == ("n", 2048)
    text = "\n".join(line.text for line in code_of(program).forward)
    assert "in ws.parts_a:" in text
    assert "np.tanh(u_a, out=u_a)" in text


def test_what_a_cache_holds_goes_at_once() -> None:
    program = gelu(512, 512)
    assert not in_loops(program)
    assert all(a.rows is None for a in program.arrays)


def test_choices_state_their_costs() -> None:
    text = spec("{type: dense, name: a, units: 512, activation: gelu}", "{type: mse}")
    _, ledger = optimize(lowered(text), 1, default_setting(600))
    (entry,) = (e for e in ledger.entries if e.name == "rows")
    assert entry.choices and [c.chosen for c in entry.choices] == [WHOLE] * len(entry.choices)
    assert all(len(c.candidates) > 1 for c in entry.choices)


def test_compiled_functions_take_parts_of_known_sizes_only() -> None:
    assert all(a.rows is None or isinstance(a.rows.end, int) for a in gelu(2048, 2048, 2).arrays)


def program(values: dict[str, tuple[tuple[Axis, ...], Node]], *given: Array) -> Program:
    statements = tuple(Statement(name, axes, value, FORWARD) for name, (axes, value) in values.items())
    made = (Array(name, tuple(a.size for a in axes)) for name, (axes, _) in values.items())
    return Program("p", (*given, *made), statements, (list(values)[-1],), (), (), (), (), 0)


@pytest.fixture(name="always")
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops over rows wherever they can be, of three rows of 64 numbers each."""
    for name, value in (("LARGE", 1), ("BRIEF", 0), ("WORTH", -1e9), ("PARTS", (192,))):
        monkeypatch.setattr(in_rows, name, value)


def times(*args: Node) -> Node:
    return Apply("multiply", args)


def read(name: str, *axes: Axis) -> Read:
    return Read(name, axes)


GIVEN = (Array("v", (64,), "parameter"), Array("g", (64,), "gradient"))


def chain(*rows: Axis) -> dict[str, tuple[tuple[Axis, ...], Node]]:
    """``a = x*v``, ``s = sum[j](a)`` and ``b = a*s``, between two statements that are no single calls."""
    own = (*rows, J)
    return {
        "x": (own, Apply("exp", (Apply("add", (read("given", *own), HALF)),))),
        "a": (own, times(read("x", *own), read("v", J))),
        "s": (rows, Fold("sum", (J,), read("a", *own))),
        "b": (own, times(read("a", *own), read("s", *rows))),
        "y": (own, Apply("exp", (Apply("add", (read("b", *own), read("x", *own))),))),
    }


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("rows", [(N,), (N, T)])
def test_sums_over_rows_and_what_is_the_same_for_all_rows_belong_to_a_loop(rows: tuple[Axis, ...]) -> None:
    before = program(chain(*rows), Array("given", (*(a.size for a in rows), 64), "input"), *GIVEN)
    done, did, _ = run_in_rows(before, default_setting())
    done.check()
    assert did == "1 loop over parts of arrays"
    assert in_loops(done) == [["a", "s", "rows of b"]]
    parts = {"rows of x": (3, 64), "a": (3, 64), "s": (3,), "rows of b": (3, 64)}
    assert {a.name: a.shape for a in done.arrays if a.rows} == parts
    done = assign_places(done, default_setting())[0]
    rng = np.random.default_rng(2)
    for n in (8, 1, 3):
        sizes = {"n": n, "T": 5}
        shape = [sizes[str(a.size)] for a in rows]
        given = {"given": rng.normal(size=(*shape, 64)), "v": np.arange(64.0) / 1e4}
        expected, found = (run(p, given, (FORWARD,), sizes)["y"] for p in (before, done))
        assert np.allclose(found, expected, rtol=1e-12)


@pytest.mark.usefixtures("always")
def test_axes_of_one_size_that_count_different_things_end_a_loop() -> None:
    values = {
        "x": ((N, C), Apply("exp", (Apply("add", (read("given", N, C), HALF)),))),
        "c": ((C,), Apply("negative", (read("w", C),))),
        "f": ((C,), Apply("exp", (read("c", C),))),
        "a": ((N, C), times(read("x", N, C), read("f", C))),  # all of f, row by row of x
        "b": ((N, C), Apply("exp", (read("a", N, C),))),
        "y": ((N, C), Apply("exp", (Apply("add", (read("b", N, C), HALF)),))),
    }
    given = (Array("given", ("n", "n"), "input"), Array("w", ("n",), "parameter"))
    done, _, _ = run_in_rows(program(values, *given), default_setting())
    assert in_loops(done) == [["a", "rows of b"]]


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("other", ["c", "g"])
def test_what_is_as_long_as_a_part_lies_in_nothing_that_all_steps_read(
    other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 rows at a time: the sums of a part are as many as the numbers of c, and of a gradient that they lead to."""
    monkeypatch.setattr(in_rows, "PARTS", (64 * 64,))
    values = chain(N)
    values["c"] = ((J,), Apply("exp", (Apply("add", (read("v", J), HALF)),)))
    values["a"] = ((N, J), times(read("x", N, J), read("c", J)))
    values = {name: values[name] for name in ("x", "c", "a", "s", "b", "y")}
    before = program(values, Array("given", ("n", 64), "input"), *GIVEN)
    arrays = tuple(replace(a, part_of="g") if a.name == "s" else a for a in before.arrays)
    done = run_in_rows(replace(before, arrays=arrays), default_setting(128))[0]
    assert done.array("s").shape == done.array(other).shape
    owner = {p.name: p.owner for p in assign_places(done, default_setting())[0].places}
    assert owner["s"] not in (owner.get(other), other)


SEQUENCES = """input: {x: [T, 64]}
sizes: {T: any}
layers:
  - {type: dense, name: up, units: 1024, activation: gelu_tanh}
  - {type: dense, name: out, units: 64}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 32, seed: 0, typical_sizes: {T: 128}}
"""


@pytest.mark.usefixtures("always")
def test_losses_and_gradients_are_those_of_the_simplest_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are left for the last part; also in a complex step."""
    seeds = row_runs._seeds
    monkeypatch.setattr(in_rows, "PARTS", (1 << 12,))
    monkeypatch.setattr(row_runs, "_seeds", lambda s: (seed for seed in seeds(s) if seed[1]))
    text = HEAD + SEQUENCES
    parts, simple = built(text), built(text, 0)
    assert "for k in range(0, n * T, 4)" in compile_spec(loads(text)).module
    rng = np.random.default_rng(3)
    theta = simple.initial_theta(rng)
    direction = rng.normal(size=theta.shape)
    for n, length in ((8, 3), (1, 1), (5, 7)):
        x, y = rng.normal(size=(2, n, length, 64))
        (loss, grad), (known, expected) = parts.loss_and_grad(theta, x, y), simple.loss_and_grad(theta, x, y)
        assert np.isclose(loss, known, rtol=1e-12) and np.allclose(grad, expected, rtol=1e-10, atol=1e-13)
        step, _ = parts.loss_and_grad(theta + 1e-30j * direction, x, y)
        assert np.isclose(step.imag / 1e-30, grad @ direction, rtol=1e-10)
