"""States in other units and numbers pulled out: the same values in fewer calls, files that any level reads."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from lower.interpret import run
from lower.networks import OPTIMIZERS, lowered

from symbp.compiler import compile_spec
from symbp.lower.model import UPDATE, Apply, Array, Axis, Node, Program, Read, Scalar, Statement
from symbp.notation.expr import Add, Expr, Mul, Num, Pow, Sym, number
from symbp.passes.factors import gathered, pulled, sign_of
from symbp.passes.optimize import optimize
from symbp.spec.load import loads

# Calls on all weights of one step of each optimiser; SGD's gradients come multiplied by the learning rate.
CALLS = {
    "sgd": 1, "momentum": 4, "nesterov": 6, "adam": 10, "adamw": 11, "nadam": 20, "rmsprop": 8, "adagrad": 7,
    "adadelta": 14, "lion": 7,
}  # fmt: skip
SPEC = """
symbp: 1
name: net
input: {x: [6]}
layers:
  - {type: dense, name: fc1, units: 8, activation: relu}
  - {type: dense, name: fc2, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: %s, lr: 0.01}, batch_size: 8}
"""
OWN = """
define:
  optimizers:
    amsgrad:
      formula: |
        m = beta*m + (1 - beta)*g
        v = 0.99*v + 0.01*g**2
        top = max(top, v)
        w = w - lr*m/(sqrt(top) + 1e-8)
      parameters: {beta: 0.9}
      state: {m: 0, v: 0, top: 0}
"""


def loaded(text: str, level: int, folder: Path) -> ModuleType:
    path = folder / f"level_{level}.py"
    path.write_text(compile_spec(loads(text), level).module, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def batch(count: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.standard_normal((count, 6)), rng.integers(0, 3, count)


@pytest.mark.parametrize("name", CALLS)
def test_a_step_takes_as_few_calls(name: str) -> None:
    program = optimize(lowered(OPTIMIZERS[name]), 1)[0]
    assert sum(bool(s.axes) for s in program.plain(UPDATE)) == CALLS[name]


def test_a_mean_is_kept_as_a_sum() -> None:
    program = optimize(lowered(OPTIMIZERS["adam"]), 1)[0]
    kept = {a.name: (a.unit, a.decays) for a in program.arrays if a.kind == "state"}
    assert kept == {"m": (0.1, True), "v": (0.001, True)}


def test_a_maximum_follows_what_it_is_taken_of(tmp_path: Path) -> None:
    text = SPEC % "amsgrad" + OWN
    module, simple = loaded(text, 1, tmp_path), loaded(text, 0, tmp_path)
    assert module.STATES == {"m": 0.1, "v": 0.01, "top": 0.01}
    one, other = (m.Network(0, dtype="float64") for m in (module, simple))
    for _ in range(5):
        one.step(*batch())
        other.step(*batch())
    assert np.allclose(one.theta, other.theta, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("levels", [(0, 1), (1, 0), (1, 1)])
def test_files_mean_the_same_at_every_level(levels: tuple[int, int], tmp_path: Path) -> None:
    writer, reader = (loaded(SPEC % "adam", level, tmp_path) for level in levels)
    net = writer.Network(0, dtype="float64")
    for _ in range(3):
        net.step(*batch())
    net.save(tmp_path / "net")
    other = reader.Network.load(tmp_path / "net")
    for name, unit in reader.STATES.items():
        mean = writer.STATES[name] * getattr(net._optimizer, name)
        assert np.allclose(unit * getattr(other._optimizer, name), mean, rtol=1e-15, atol=0)
    assert abs(net.step(*batch()) - other.step(*batch())) < 1e-15
    assert np.allclose(net.theta, other.theta, rtol=1e-14, atol=0)


def test_a_file_without_units_holds_the_states_themselves(tmp_path: Path) -> None:
    writer, reader = loaded(SPEC % "adam", 0, tmp_path), loaded(SPEC % "adam", 1, tmp_path)
    net = writer.Network(0, dtype="float64")
    net.step(*batch())
    writer.STATES.clear()
    net.save(tmp_path / "net")
    raw = (tmp_path / "net").read_bytes()
    assert b'\\"units\\": {}' in raw
    writer.STATES.update(m=1.0, v=1.0)
    net.save(tmp_path / "net")
    raw = (tmp_path / "net").read_bytes()
    old = raw.replace(b'\\"units\\": {\\"m\\": 1.0, \\"v\\": 1.0}, ', b"")
    length = int.from_bytes(raw[:8], "little") - (len(raw) - len(old))
    (tmp_path / "old").write_bytes(length.to_bytes(8, "little") + old[8:])
    other = reader.Network.load(tmp_path / "old")
    assert np.allclose(0.1 * other._optimizer.m, net._optimizer.m, rtol=1e-15, atol=0)


def test_a_damaged_unit_is_refused(tmp_path: Path) -> None:
    module = loaded(SPEC % "adam", 1, tmp_path)
    net = module.Network(0)
    net.save(tmp_path / "net")
    raw = (tmp_path / "net").read_bytes()
    (tmp_path / "bad").write_bytes(raw.replace(b'\\"m\\": 0.1', b'\\"m\\": 0.0'))
    with pytest.raises(ValueError, match="state of the training is damaged"):
        module.Network.load(tmp_path / "bad")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_decays_does_not_stay_denormal(dtype: str, tmp_path: Path) -> None:
    module = loaded(SPEC % "momentum", 1, tmp_path)
    net = module.Network(0, dtype=dtype)
    optimizer, grad, theta = net._optimizer, np.empty_like(net.theta), net.theta
    optimizer.v[:3] = 1.0, 1e-27, 1e-28
    optimizer.v[3] = -1e-27
    least = np.finfo(net.theta.dtype).tiny
    gradient = np.zeros_like(grad)
    gradient[4] = 1e-3
    for k in range(1, 129):
        grad[...] = gradient  # an update leaves other values in it
        module.update(theta, grad, optimizer, 0.1, k)
    assert np.count_nonzero(optimizer.v[1:4]) == (0 if dtype == "float32" else 3)
    assert optimizer.v[0] == pytest.approx(0.9**128, rel=1e-5)
    for k in range(129, 128 * 90 + 1):
        grad[...] = gradient
        module.update(theta, grad, optimizer, 0.1, k)
    assert not np.any((optimizer.v != 0) & (np.abs(optimizer.v) < least))
    assert optimizer.v[0] == 0
    assert optimizer.v[4] == pytest.approx(1e-2, rel=1e-5)


def test_training_goes_on_to_the_same_bits_over_a_flush(tmp_path: Path) -> None:
    module = loaded(SPEC % "adam", 1, tmp_path)
    net = module.Network(0)
    for _ in range(120):
        net.step(*batch())
    net.save(tmp_path / "net")
    other = module.Network.load(tmp_path / "net")
    for _ in range(20):
        net.step(*batch())
        other.step(*batch())
    assert np.array_equal(net.theta, other.theta)


ALONG = Axis("i", 5)
X, Y, Z = (Read(name, (ALONG,)) for name in "xyz")
K = Sym("k", "variable")


def times(node: Node, e: Expr) -> Node:
    return Apply("multiply", (node, Scalar(e)))


def half() -> Expr:
    """``1/(1 - 0.5**k)``, which is positive in every step."""
    return Pow(Add((number(1), Mul((number(-1), Pow(Num(Fraction(1, 2)), K))))), number(-1))


TREES: dict[str, Node] = {
    "two factors": Apply("add", (times(X, number(3)), times(Y, number(5)))),
    "a difference": Apply("subtract", (times(X, number(3)), times(Y, number(-5)))),
    "a root": times(Apply("sqrt", (times(Apply("square", (X,)), half()),)), number(2)),
    "a root of a negative number": Apply(
        "sqrt", (times(Apply("subtract", (Apply("square", (X,)), Scalar(number(100)))), number(-4)),)
    ),
    "a divisor": times(
        Apply("multiply", (X, Apply("reciprocal", (Apply("add", (times(Y, number(4)), Scalar(number(7)))),)))),
        number(3),
    ),
    "a number first": times(Apply("subtract", (Scalar(number(2)), times(X, number(8)))), number(3)),
    "a sign": Apply("sign", (times(Apply("add", (times(X, number(3)), times(Y, number(9)))), half()),)),
    "a sign of a negative number": Apply("sign", (times(X, number(-3)),)),
    "a maximum": times(Apply("maximum", (times(X, number(3)), times(Y, number(3)))), number(2)),
    "a maximum of negative ones": times(Apply("maximum", (times(X, number(-3)), times(Y, number(-3)))), number(2)),
    "a maximum of others": times(Apply("maximum", (times(X, number(3)), times(Y, number(2)))), number(2)),
    "a learning rate": times(Apply("add", (times(X, Sym("lr", "variable")), times(Y, number(2)))), number(5)),
    "three terms": times(
        Apply("add", (Apply("subtract", (times(X, number(3)), times(Y, number(6)))), times(Z, number(2)))), number(5)
    ),
}


def evaluated(node: Node, lr: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    arrays = (*(Array(name, (5,), "theta") for name in "xyz"), Array("r", (5,)))
    program = Program("t", arrays, (Statement("r", (ALONG,), node, UPDATE),), (), (), (), (), (), 5)
    given = {name: rng.standard_normal(5) for name in "xyz"}
    return np.asarray(run(program, given, (UPDATE,), {}, lr=lr, k=3.0)["r"])


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("lr", [0.0, 0.3])
def test_pulling_numbers_out_keeps_the_value(name: str, lr: float) -> None:
    with np.errstate(all="raise"):
        wanted, found = evaluated(TREES[name], lr), evaluated(gathered(TREES[name]), lr)
    assert np.allclose(found, wanted, rtol=1e-13, atol=1e-15)


def test_numbers_meet_outside() -> None:
    assert pulled(TREES["two factors"])[1] == number(3)
    assert pulled(TREES["a divisor"])[1] == Num(Fraction(3, 4))
    assert pulled(TREES["a learning rate"])[1] == number(10)  # a rate of 0 divides nothing


@pytest.mark.parametrize(
    ("e", "sign"),
    [
        (half(), 1),
        (Mul((number(-2), half())), -1),
        (K, 1),
        (Sym("lr", "variable"), 0),
        (Add((number(1), Mul((number(-1), K)))), 0),
        (Add((number(2), Mul((number(-1), Pow(number(3), K))))), -1),
        (Add((number(2), Mul((number(-1), Pow(number(2), K))))), 0),
        (Pow(Add((number(1), Mul((number(-1), K)))), number(2)), 0),
        (Add((K, Mul((number(-1), K)))), 0),
        (number(0), 0),
    ],
)
def test_signs_that_hold_in_every_step(e: Expr, sign: int) -> None:
    assert sign_of(e) == sign
