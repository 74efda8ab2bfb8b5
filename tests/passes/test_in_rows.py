"""Statements on large arrays go through their rows together, a few at a time, and give what they gave all at once."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from lower.interpret import run

from symbp.compiler import compile_spec
from symbp.lower.model import (
    FIRST_EQUAL,
    FORWARD,
    Affine,
    Apply,
    Array,
    Axis,
    Fold,
    Program,
    Read,
    Rows,
    Statement,
    Window,
)
from symbp.passes import in_rows
from symbp.passes.in_rows import run_in_rows
from symbp.passes.ledger import default_setting
from symbp.passes.row_letters import Uses
from symbp.spec.load import loads

HEAD = "symbp: 1\nname: probe\n"
TAIL = """
  - {type: flatten}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 1, batch_size: 8, seed: 0}
"""
NETS = {
    "images": """input: {x: [2, 8, 8]}
layers:
  - {type: conv2d, name: c, filters: 4, kernel: 3, padding: 1, activation: relu}
  - {type: conv2d, name: d, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool2d, name: m, size: 2}
  - {type: conv2d, name: e, filters: 4, kernel: 3, padding: 1, stride: 2, activation: tanh}""",
    "series": """input: {x: [3, 16]}
layers:
  - {type: conv1d, name: c, filters: 4, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool1d, name: m, size: 2}
  - {type: conv1d, name: d, filters: 4, kernel: 5, padding: 2, activation: tanh}""",
    "volumes": """input: {x: [1, 4, 6, 4]}
layers:
  - {type: conv3d, name: c, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool3d, name: m, size: 2}
  - {type: conv3d, name: d, filters: 2, kernel: 2, padding: 1, activation: sigmoid}""",
    "ties": """input: {x: [1, 8, 8]}
layers:
  - {type: max_pool2d, name: m, size: 2}
  - {type: conv2d, name: c, filters: 2, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool2d, name: k, size: 2}""",
}


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops wherever they fit, of as many parts as there can be."""
    for name, value in (("LARGE", 1), ("BRIEF", 0), ("WORTH", -1e9), ("NEAR", 1e9)):
        monkeypatch.setattr(in_rows, name, value)


def built(text: str, level: int = 1) -> ModuleType:
    module = ModuleType("probe")
    exec(compile(compile_spec(loads(text), level).module, "probe", "exec"), module.__dict__)  # emitted text
    return module


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize("name", NETS)
def test_losses_and_gradients_are_those_of_the_simplest_form(name: str) -> None:
    text = HEAD + NETS[name] + TAIL
    parts, simple = built(text), built(text, 0)
    assert "each_" in compile_spec(loads(text)).module
    rng = np.random.default_rng(3)
    theta = simple.initial_theta(rng)
    for n in (8, 1, 5):
        # whole numbers make ties, of which the first one has the gradient
        x = rng.integers(0, 2, (n, *simple.INPUTS["x"])).astype(float) + (name != "ties") * rng.normal()
        y = rng.integers(0, 3, n)
        (loss, grad), (known, expected) = parts.loss_and_grad(theta, x, y), simple.loss_and_grad(theta, x, y)
        assert np.isclose(loss, known, rtol=1e-12) and np.allclose(grad, expected, rtol=1e-10, atol=1e-13)
        own, other = parts.input_gradient(theta, x, y)["x"], simple.input_gradient(theta, x, y)["x"]
        assert np.allclose(own, other, rtol=1e-10, atol=1e-13)


@pytest.mark.usefixtures("everywhere")
def test_a_complex_step_gives_the_same_derivative() -> None:
    parts = built(HEAD + NETS["images"] + TAIL)
    rng = np.random.default_rng(4)
    theta, x, y = parts.initial_theta(rng), rng.normal(size=(3, 2, 8, 8)), rng.integers(0, 3, 3)
    direction = rng.normal(size=theta.shape)
    _, grad = parts.loss_and_grad(theta, x, y)
    loss, _ = parts.loss_and_grad(theta + 1e-30j * direction, x, y)
    assert np.isclose(loss.imag / 1e-30, grad @ direction, rtol=1e-10)


W, N, U = Axis("w", 64), Axis("n", "n"), Axis("u", 2)


def chain(rows: int, *lasting: str) -> Program:
    """``s = x * x``, ``e = s + x`` and ``y[p] = max[u](e[2*p + u])``, all of them `rows` rows long or half of it."""
    h, p = Axis("h", rows), Axis("p", rows // 2)
    x, s = (Read(name, (h, W, N)) for name in ("x", "s"))
    window = Window(Read("e", (h, W, N)), ((h, Affine(((p, 2), (U, 1)))),))
    statements = (
        Statement("x", (h, W, N), Read("given", (N, h, W)), FORWARD),
        Statement("s", (h, W, N), Apply("multiply", (x, x)), FORWARD),
        Statement("e", (h, W, N), Apply("add", (s, x)), FORWARD),
        Statement("y", (p, W, N), Fold("max", (U,), window), FORWARD),
        Statement("z", (N,), Fold("sum", (p, W), Read("y", (p, W, N))), FORWARD),
    )
    arrays = (
        Array("given", ("n", rows, 64), "input"),
        *(Array(name, (rows, 64, "n")) for name in ("x", "s", "e")),
        Array("y", (rows // 2, 64, "n")),
        Array("z", ("n",)),
    )
    return Program("probe", arrays, statements, ("z", *lasting), (), (), (), (("n", "given", 0),), 0)


def test_what_nothing_else_reads_is_as_long_as_a_part() -> None:
    made, did, choices = run_in_rows(chain(512), default_setting())
    made.check()
    assert did == "1 loop over parts of arrays" and choices[0].chosen.endswith(" parts")
    inside = [s for s in made.plain(FORWARD) if s.loop]
    assert [s.target for s in inside] == ["s", "e", "rows of y"]
    assert inside[0].loop is not None and inside[0].loop.axis.size == 512
    rows = inside[0].loop.parts
    assert choices[0].chosen == f"{512 // rows} parts"
    assert made.array("s").shape == made.array("e").shape == (rows, 64, "n")
    assert made.array("y").shape == (256, 64, "n") and made.array("rows of y").rows == Rows(0, 0, rows // 2, 256)


def test_outputs_are_computed_as_a_whole() -> None:
    made, _, _ = run_in_rows(chain(512, "e"), default_setting())
    assert not any(s.target == "rows of e" for s in made.plain(FORWARD))


def test_values_that_a_cache_holds_are_computed_all_at_once() -> None:
    small = chain(16)
    made, did, _ = run_in_rows(small, default_setting())
    assert made == small and did == ""


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize("first", [0, 1])
def test_a_part_reads_the_rows_beside_it(first: int) -> None:
    """``s[p] = sum[u](x[p + u + first])``, ``e = s * s`` and ``z = sum(e)``."""
    h, p, u = Axis("h", 20), Axis("p", 16), Axis("u", 3)
    window = Window(Read("x", (h, W, N)), ((h, Affine(((p, 1), (u, 1)), first)),))
    s = Read("s", (p, W, N))
    statements = (
        Statement("x", (h, W, N), Read("given", (N, h, W)), FORWARD),
        Statement("s", (p, W, N), Fold("sum", (u,), window), FORWARD),
        Statement("e", (p, W, N), Apply("multiply", (s, s)), FORWARD),
        Statement("t", (N,), Fold("sum", (p, W), Read("e", (p, W, N))), FORWARD),
        Statement("z", (N,), Read("t", (N,)), FORWARD),
    )
    arrays = (
        Array("given", ("n", 20, 64), "input"),
        Array("x", (20, 64, "n")),
        Array("s", (16, 64, "n")),
        Array("e", (16, 64, "n")),
        Array("t", ("n",)),
        Array("z", ("n",)),
    )
    own = Program("probe", arrays, statements, ("z",), (), (), (), (("n", "given", 0),), 0)
    made, _, _ = run_in_rows(own, default_setting())
    assert [s.target for s in made.plain(FORWARD) if s.loop][:2] == ["s", "e"]
    (rows,) = (a for a in made.arrays if a.rows and a.view_of == "x")
    assert rows.rows == Rows(0, first, 4, first + 16) and rows.shape == (6, 64, "n")
    given = {"given": np.random.default_rng(5).normal(size=(2, 20, 64))}
    expected, found = (run(program, given, (FORWARD,), {"n": 2})["z"] for program in (own, made))
    assert np.allclose(found, expected, rtol=1e-12)


@pytest.mark.usefixtures("everywhere")
def test_windows_are_not_longer_than_there_are_of_them() -> None:
    """Slices run along the longer axis: with one window in a part they would run along its taps."""
    made, _, _ = run_in_rows(chain(64), default_setting())
    assert made.array("rows of y").shape == (2, 64, "n")


def test_the_taps_of_a_first_maximum_stay_together() -> None:
    h, p = Axis("h", 8), Axis("p", 4)
    tap = Window(Read("e", (h, N)), ((h, Affine(((p, 2), (U, 1)))),))
    hit = Apply(FIRST_EQUAL, (tap, Read("y", (p, N))))
    for rows, fits in ((p, True), (U, False)):
        uses = Uses(frozenset((rows,)))
        uses.scan(hit)
        assert uses.fits == fits
