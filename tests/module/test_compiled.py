"""Modules of the flavour numba compute what those of NumPy do, for each dtype, and are refused where they do not."""

from __future__ import annotations

import copy
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from module.compiling import needs_numba
from symbp.compiler import COMPILED, DEFAULT, compile_spec
from symbp.spec.load import loads
from symbp.verify.check import verify

needs_numba()

SPECS = {
    "classes": """
symbp: 1
name: classes
input: {x: [6]}
layers:
  - {type: dense, name: fc1, units: 8, activation: relu}
  - {type: dense, name: fc2, units: 5, activation: sigmoid}
  - {type: dense, name: fc3, units: 3}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: adamw, lr: 0.01, weight_decay: 0.1, clip_norm: 1.0}, epochs: 5, batch_size: 16, seed: 0}
""",
    "images": """
symbp: 1
name: images
input: {x: [1, 6, 6]}
layers:
  - {type: conv2d, name: c, filters: 2, kernel: 3, padding: 1, activation: relu}
  - {type: max_pool2d, name: p, size: 2}
  - {type: flatten}
  - {type: layer_norm, name: ln}
  - {type: dense, name: out, units: 2}
loss: {type: mse}
train: {optimizer: {type: momentum, lr: 0.01, momentum: 0.9}, epochs: 2, batch_size: 4, seed: 0}
""",
    "pools": """
symbp: 1
name: pools
input: {x: [3, 12, 12]}
layers:
  - {type: conv2d, name: c1, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: conv2d, name: c2, filters: 16, kernel: 3, padding: 1}
  - {type: max_pool2d, name: p, size: 2}
  - {type: avg_pool2d, name: a, size: 3}
  - {type: flatten}
  - {type: dense, name: out, units: 2}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.01}, epochs: 2, batch_size: 32, seed: 0}
""",
    "steps": """
symbp: 1
name: steps
input: {x: [T, 3]}
sizes: {T: any}
layers:
  - {type: lstm, name: rnn, units: 4}
  - {type: dense, name: out, units: 2}
loss: {type: cross_entropy, labels: integer}
train: {optimizer: {type: adam, lr: 0.01}, epochs: 2, batch_size: 4, seed: 0}
""",
}

SPECS["tiny"] = SPECS["classes"].replace("name: classes", "name: tiny").replace(
    "adamw, lr: 0.01, weight_decay: 0.1, clip_norm: 1.0", "adam, lr: 0.01, schedule: {type: cosine}"
)
# Products as loops: sums that are written out, sums that are added up one by one, sums that grow with each sample.
SPECS["products"] = """
symbp: 1
name: products
input: {x: [3]}
layers:
  - {type: dense, name: fc1, units: 16, activation: tanh}
  - {type: dense, name: fc2, units: 16, activation: sigmoid}
  - {type: dense, name: fc3, units: 2}
  - {type: dense, name: fc4, units: 2, activation: tanh}
loss: {type: mse}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 2, batch_size: 4, seed: 0}
"""


# A layer mixes samples: batches are not halved.
SPECS["mixed"] = SPECS["tiny"].replace("name: tiny", "name: mixed").replace(
    "  - {type: dense, name: fc3", "  - {type: centred, name: c}\n  - {type: dense, name: fc3"
) + """
define:
  layers:
    centred: {input: "x[n,i]", formula: "m[i] = mean[n](x[n,i])\\ny[n,i] = x[n,i] - m[i]"}
"""
SPECS["clipped"] = SPECS["tiny"].replace("name: tiny", "name: clipped").replace("lr: 0", "clip_value: 0.001, lr: 0")


def text(name: str, level: int) -> str:
    return compile_spec(loads(SPECS[name]), level).module


@cache
def module(name: str, level: int, folder: Path) -> ModuleType:
    path = folder / f"{name}_{level}.py"
    path.write_text(text(name, level), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = made
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.mark.parametrize("name", SPECS)
def test_losses_gradients_and_steps_are_those_of_numpy(name: str, folder: Path) -> None:
    plain, compiled = module(name, DEFAULT, folder), module(name, COMPILED, folder)
    rng = np.random.default_rng(0)
    theta = plain.initial_theta(rng) + 0.1 * rng.standard_normal(plain.SIZE)
    x, y = plain._random_data(rng)
    for dtype, error in (("float64", 1e-12), ("complex128", 1e-12), ("float32", 1e-4)):
        point = theta.astype(dtype) + (1e-200j * rng.standard_normal(plain.SIZE) if dtype == "complex128" else 0)
        point = point.astype(dtype)
        (loss, grad), (other, found) = plain.loss_and_grad(point, x, y), compiled.loss_and_grad(point, x, y)
        assert found.dtype == grad.dtype == dtype
        assert abs(loss - other) <= error * abs(loss)
        assert abs(loss.imag - other.imag) <= 1e-10 * abs(loss.imag)
        assert np.abs(grad - found).max() <= error * np.abs(grad).max()
    nets = [each.Network(seed=0, dtype="float64") for each in (plain, compiled)]
    for _ in range(3):
        losses = [net.step(x, y) for net in nets]
        assert abs(losses[0] - losses[1]) < 1e-12
    assert np.abs(nets[0].theta - nets[1].theta).max() < 1e-10


@pytest.mark.parametrize("name", SPECS)
def test_gradients_of_steps_and_epochs_are_kept(name: str, folder: Path) -> None:
    made = module(name, COMPILED, folder)
    x, y = made._random_data(np.random.default_rng(0))
    net, twin = (made.Network(dtype="float64", keep_gradients=kept) for kept in (True, False))
    whole = {"epochs": 1, "batch_size": len(y), "shuffle": False, "verbose": False}
    for train in (lambda net: net.step(x, y), lambda net: net.fit(x, y, **whole)):
        _, grad = twin.loss_and_grad(x, y)
        train(net)
        train(twin)
        flat = np.concatenate([view.ravel() for view in net.gradients.values()])
        np.testing.assert_allclose(flat, grad, rtol=1e-12, atol=1e-15)
        with pytest.raises(RuntimeError, match="keep_gradients=True"):
            _ = twin.gradients


def test_small_products_are_loops() -> None:
    lines = " ".join(text("products", COMPILED).split())
    assert "z_fc2_j += a_fc1[n, i] * W_fc2[i, j]" in lines
    assert "dW_fc4[i, j] += z_fc3[n, i] * dz_fc4[n, j]" in lines


@pytest.mark.parametrize("name", SPECS)
def test_two_lines_stand_before_every_function(name: str) -> None:
    lines = text(name, COMPILED).split("\n")
    for above, last, line in zip(lines, lines[1:], lines[2:], strict=False):
        if line.startswith(("def ", "@", "class ")) and not last.startswith(("@", "#")):
            assert above == last == "", line


def test_of_equal_taps_the_first_has_the_gradient(folder: Path) -> None:
    """Images of one colour: all taps of a window are equal, and so are their slopes along a complex step."""
    plain, compiled = module("pools", DEFAULT, folder), module("pools", COMPILED, folder)
    theta = plain.initial_theta(np.random.default_rng(0))
    x, y = np.ones((3, 3, 12, 12)), np.zeros((3, 2))
    for point in (theta, theta + 1e-200j * np.cos(np.arange(plain.SIZE))):
        (loss, grad), (other, found) = (each.loss_and_grad(point, x, y) for each in (plain, compiled))
        assert abs(loss - other) <= 1e-12 * abs(loss)
        assert np.abs(grad - found).max() <= 1e-12 * np.abs(grad).max()


def test_one_sample_and_many_in_turn(folder: Path) -> None:
    plain, compiled = module("classes", DEFAULT, folder), module("classes", COMPILED, folder)
    rng = np.random.default_rng(1)
    nets = [each.Network(seed=2, dtype="float64") for each in (plain, compiled)]
    for n in (1, 37, 16, 1):
        x, y = rng.standard_normal((n, 6)), rng.integers(0, 3, n)
        losses = [net.step(x, y) for net in nets]
        assert abs(losses[0] - losses[1]) < 1e-12


def test_a_saved_network_goes_on_in_the_other_flavour(folder: Path, tmp_path: Path) -> None:
    """Parameters and what the optimiser remembers."""
    modules = [module("classes", level, folder) for level in (DEFAULT, COMPILED)]
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((16, 6)), rng.integers(0, 3, 16)
    for first, second in (modules, modules[::-1]):
        net = first.Network(seed=0, dtype="float64")
        net.step(x, y)
        net.save(tmp_path / "net.safetensors")
        other = second.Network.load(tmp_path / "net.safetensors")
        assert abs(net.step(x, y) - other.step(x, y)) < 1e-12
        assert np.abs(net.theta - other.theta).max() < 1e-12


def test_what_is_no_number_stays_none(folder: Path) -> None:
    compiled = module("classes", COMPILED, folder)
    net = compiled.Network(seed=0)
    net.theta = np.full(compiled.SIZE, np.nan)
    assert np.isnan(net.step(np.ones((2, 6)), np.zeros(2, int)))


def test_a_compiled_module_is_verified_and_a_planted_error_refused() -> None:
    made = compile_spec(loads(SPECS["classes"]), COMPILED)
    assert verify(made.module, made.graph).passed
    wrong = made.module.replace("= dz_fc1[", "= number(1.00000001) * dz_fc1[", 1)
    assert wrong != made.module
    assert not verify(wrong, made.graph).passed


def test_an_epoch_in_one_call_is_its_steps(folder: Path) -> None:
    """The same parameters and history as step by step, a short last batch and callbacks included."""
    name = "tiny"
    assert "def _steps(" in text(name, COMPILED)
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((43, 6)), rng.integers(0, 3, 43)
    nets, epochs = [], list[int]()
    for level in (DEFAULT, COMPILED):
        net = module(name, level, folder).Network(seed=1, dtype="float64")
        net.fit(x, y, epochs=3, batch_size=10, verbose=False, callback=lambda net, epoch, record: epochs.append(epoch))
        nets.append(net)
    assert epochs == [1, 2, 3] * 2
    assert np.abs(nets[0].theta - nets[1].theta).max() < 1e-12
    for one, other in zip(nets[0].history, nets[1].history, strict=True):
        assert abs(one["loss"] - other["loss"]) < 1e-12


@pytest.mark.parametrize("name", ["mixed", "clipped"])
def test_a_step_and_an_epoch_are_one_call_also_where_batches_stay_whole_and_gradients_are_clipped(
    name: str, folder: Path
) -> None:
    """Batches that cannot be halved have no other way; gradients are kept as they were before they were clipped."""
    plain, compiled = module(name, DEFAULT, folder), module(name, COMPILED, folder)
    source = text(name, COMPILED)
    assert "def _steps(" in source and ("def _halves(" in source) == (name == "clipped")
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((23, 6)), rng.integers(0, 3, 23)
    nets = [each.Network(seed=2, dtype="float64", keep_gradients=True) for each in (plain, compiled)]
    for n in (23, 5, 2):
        losses = [net.step(x[:n], y[:n]) for net in nets]
        assert abs(losses[0] - losses[1]) < 1e-12
        for label, gradient in nets[0].gradients.items():
            np.testing.assert_allclose(nets[1].gradients[label], gradient, rtol=1e-10, atol=1e-14)
    assert max(np.abs(gradient).max() for gradient in nets[1].gradients.values()) > 0.01
    for net in nets:
        if name == "mixed":
            with pytest.raises(ValueError, match="two samples at least"):
                net.step(x[:1], y[:1])
        net.fit(x, y, epochs=2, batch_size=5, verbose=False)
    assert np.abs(nets[0].theta - nets[1].theta).max() < 1e-12
    assert nets[0]._optimizer.k == nets[1]._optimizer.k == 13
    assert np.abs(nets[0].history[-1]["loss"] - nets[1].history[-1]["loss"]) < 1e-12


def test_a_step_in_one_call_has_the_arrays_of_its_network(folder: Path) -> None:
    """Batches of several sizes in turn, copies of a network, parameters that are set, and two threads."""
    plain, compiled = module("tiny", DEFAULT, folder), module("tiny", COMPILED, folder)
    assert "return float(_one_step(" in text("tiny", COMPILED)
    rng = np.random.default_rng(5)
    nets = [each.Network(seed=2, dtype="float64") for each in (plain, compiled)]

    def compare(first: Any, second: Any, sizes: tuple[int, ...]) -> None:
        for n in sizes:
            x, y = rng.standard_normal((n, 6)), rng.integers(0, 3, n)
            assert abs(first.step(x, y) - second.step(x, y)) < 1e-12
            assert np.abs(first.theta - second.theta).max() < 1e-12

    compare(*nets, (4, 9, 9, 4, 1))
    for net in nets:
        net.theta = 0.5 * net.theta
    compare(*nets, (4,))
    before = nets[1].theta.copy()
    compare(*(copy.deepcopy(net) for net in nets), (4, 9))
    assert np.array_equal(nets[1].theta, before)
    nets[1].threads = 2
    compare(*nets, (9, 4))
    assert nets[1]._optimizer.k == 8
    single = [each.Network(seed=2) for each in (plain, compiled)]
    x, y = rng.standard_normal((9, 6)), rng.integers(0, 3, 9)
    for _ in range(140):  # states are kept from becoming denormal numbers at times
        losses = [net.step(x, y) for net in single]
    assert abs(losses[0] - losses[1]) < 1e-5


@pytest.mark.parametrize("name", ["tiny", "images"])
def test_arrays_that_are_read_only_compile_nothing_anew(name: str, folder: Path) -> None:
    """One function for all steps, also where x and y are views that may not be written to; the loss is the same."""
    compiled = module(name, COMPILED, folder)
    x, y = compiled._data(*compiled._random_data(np.random.default_rng(6)), np.dtype(np.float32))
    theta = compiled.Network(seed=0).theta.copy()

    def losses() -> tuple[float, ...]:
        net = compiled.Network(seed=0)
        fitted = net.fit(x, y, epochs=1, verbose=False, shuffle=False).history[0]["loss"]
        return float(compiled.loss_and_grad(theta, x, y)[0]), net.step(x, y), fitted, float(net.predict(x).sum())

    found = losses()
    functions = [f for f in vars(compiled).values() if hasattr(f, "signatures")]
    before = [list(f.signatures) for f in functions]
    for a in (x, y, theta):
        a.flags.writeable = False
    assert losses() == found
    assert [list(f.signatures) for f in functions] == before
