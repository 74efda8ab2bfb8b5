"""Batches in micro-batches: the same training but for rounding, in the memory of a part."""

from __future__ import annotations

import copy
import pickle
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from passes.specs import IMAGES

from module.compiling import needs_numba
from symbp.compiler import COMPILED, DEFAULT, SIMPLEST, compile_graph, compile_spec
from symbp.graph.build import build
from symbp.spec.load import loads
from symbp.verify.check import verify

from .blocks import source
from .generated import SPECS, data, imported, made
from .test_allocation import LIMIT, own, peak
from .test_checkpoint import numbers
from .test_several import ALONE, MANY

SIZE = 3
NAMES = ("classes", "yes_no", "tied", "line", "steps", "pair")


def cut(text: str, size: int | str = SIZE) -> str:
    """A spec with this size of micro-batches."""
    if "train: {" in text:
        return text.replace("train: {", f"train: {{micro_batch_size: {size}, ")
    return text.replace("train:\n", f"train:\n  micro_batch_size: {size}\n")


@cache
def parted(name: str, level: int = DEFAULT) -> ModuleType:
    spec = loads(f"symbp: 1\nname: {name}_cut{level}\n{cut(SPECS[name])}")
    return imported(f"{name}_cut{level}", compile_spec(spec, level).module)


def trained(module: ModuleType, name: str, threads: int, n: int = 37) -> Any:
    net = module.Network(seed=1, dtype="float64", threads=threads)
    return net.fit(*data(name, n=n), epochs=3, batch_size=8, verbose=False, loss_below=None)


@pytest.mark.parametrize("threads", (1, 2))
@pytest.mark.parametrize("name", NAMES)
def test_training_is_the_same_but_for_rounding(name: str, threads: int) -> None:
    whole, parts = trained(made(name), name, 1), trained(parted(name), name, threads)
    assert np.allclose(parts.theta, whole.theta, rtol=1e-9, atol=1e-11)
    assert np.allclose([r["loss"] for r in parts.history], [r["loss"] for r in whole.history], rtol=1e-9)


@pytest.mark.parametrize("n", (1, 2, SIZE, SIZE + 1, 2 * SIZE, 11))
@pytest.mark.parametrize("name", NAMES)
def test_any_batch_has_the_loss_and_the_gradients_of_the_simplest_form(name: str, n: int) -> None:
    pair = data(name, n=n)
    simple, parts = made(name, SIMPLEST), parted(name)
    theta = simple.initial_theta(np.random.default_rng(5)) + 0.1
    args = pair if len(pair) > 1 else (*pair, None)
    (loss, grad), (found_loss, found) = (m.loss_and_grad(theta, *args) for m in (simple, parts))
    assert found_loss == pytest.approx(loss, rel=1e-10)
    assert np.allclose(found, grad, rtol=1e-10, atol=1e-10 * np.abs(grad).max())
    inputs = [m.input_gradient(theta, *args) for m in (simple, parts)]
    for label, wanted in inputs[0].items():
        assert np.allclose(inputs[1][label], wanted, rtol=1e-10, atol=1e-10 * np.abs(wanted).max())


def test_predictions_are_made_part_by_part() -> None:
    net = trained(parted("classes"), "classes", 1)
    whole = made("classes").Network(dtype="float64")
    whole.theta = net.theta
    x, y = data("classes", n=20)
    assert np.allclose(net.predict_proba(x), whole.predict_proba(x), rtol=1e-12)
    assert np.allclose(net.evaluate(x, y), whole.evaluate(x, y), rtol=1e-12)
    assert {sizes for (sizes,) in net._first.workspaces} == {2, SIZE}  # batches of 8, the last of 5


def test_workspaces_are_made_for_a_part() -> None:
    nets = [module.Network() for module in (parted("classes"), made("classes"))]
    for net in nets:
        net.step(*data("classes", n=30))
    small, large = (list(net._first.workspaces.values()) for net in nets)
    assert [ws.n for ws in small] == [SIZE] and [ws.n for ws in large] == [30]


@pytest.mark.parametrize("name", NAMES)
def test_a_step_makes_no_arrays(name: str) -> None:
    module = parted(name)
    net, (x, *rest) = module.Network(), data(name, n=500)
    kind = np.intp if module.TARGET["kind"] == "labels" else net.dtype
    arrays = (own(x, net.dtype), *(own(y, kind) for y in rest))
    assert peak(lambda: net.step(*arrays), 20) < LIMIT


def test_a_copy_goes_on_alike() -> None:
    net = trained(parted("classes"), "classes", 1)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), net.copy()):
        assert other.step(*data("classes")) == copy.deepcopy(net).step(*data("classes"))


def test_the_simplest_form_is_not_cut() -> None:
    assert not hasattr(parted("classes", SIMPLEST), "MICRO_BATCH_SIZE")
    assert parted("classes").MICRO_BATCH_SIZE == parted("classes").ROWS == SIZE


def test_with_deterministic_the_number_of_threads_changes_no_bit() -> None:
    text = cut(SPECS["classes"]).replace("train: {", "train: {deterministic: true, ")
    module = imported("same_cut", compile_spec(loads(f"symbp: 1\nname: same_cut\n{text}")).module)
    nets = [module.Network(threads=t).fit(*data("classes", n=31), epochs=3, verbose=False) for t in (1, 2)]
    assert np.array_equal(nets[0].theta, nets[1].theta) and nets[0].history == nets[1].history


def test_blocks_that_are_computed_again() -> None:
    text = source("recurrent", 4, "float64").replace("name: block\n", "name: block\n    checkpoint: true\n")
    graphs = [build(loads(t)) for t in (text, cut(text, 2))]
    modules = [imported(f"again_cut_{k}", compile_graph(g).module) for k, g in enumerate(graphs)]
    theta = 0.3 * np.random.default_rng(1).standard_normal(modules[0].SIZE)
    x, y = modules[0]._random_data(np.random.default_rng(2))
    (loss, grad), (found_loss, found) = (m.loss_and_grad(theta, x, y) for m in modules)
    assert found_loss == pytest.approx(loss, rel=1e-12)
    assert np.allclose(found, grad, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", ("classes", "steps"))
def test_verification_sees_batches_that_are_cut(name: str) -> None:
    spec = loads(f"symbp: 1\nname: {name}\n{cut(SPECS[name])}")
    made = compile_spec(spec, hvp=True)
    assert f"micro-batches of {SIZE}" in [row.subject for row in verify(made.module, made.graph).rows]
    assert verify(made.module, made.graph).passed
    for right, wrong in (
        ("share = len(part[0]) / n", "share = MICRO_BATCH_SIZE / n"),
        ("self.grad += ", "self.grad = "),
    ):
        assert right in made.module
        assert not verify(made.module.replace(right, wrong), made.graph).passed


@pytest.mark.parametrize("text", (MANY, ALONE), ids=("many", "alone"))
def test_several_losses_are_added_up_each(text: str) -> None:
    made = compile_spec(loads(cut(text)))
    assert "def one(self" in made.module
    assert verify(made.module, made.graph).passed


DRAWN = """
symbp: 1
name: drawing
input: {x: [6]}
layers:
  - {type: dense, name: fc1, units: 8, activation: tanh}
  - {type: dropout, name: drop1, rate: 0.25}
  - {type: gaussian_noise, name: noise, stddev: 0.05}
  - {type: dense, name: fc2, units: 6, activation: rrelu}
  - {type: dropout, name: drop2, rate: 0.25}
  - {type: dense, name: out, units: 3}
loss: {type: cross_entropy}
train: {optimizer: {type: adam, lr: 0.01}, epochs: 5, batch_size: 16}
"""


@pytest.mark.parametrize("name", ("drawing", "transformer"))
def test_what_is_drawn_is_drawn_part_by_part(name: str) -> None:
    """The draws of a batch, which the module tells the verification, are those of its parts one after the other."""
    text = DRAWN if name == "drawing" else source(name, 3, "float64")
    made = compile_spec(loads(cut(text, 2)))
    assert "def one(self" in made.module
    assert verify(made.module, made.graph).passed
    wrong = made.module.replace("else:\n            draw(ws, rng)", "else:\n            still(ws)")
    assert wrong != made.module and not verify(wrong, made.graph).passed


def test_products_with_the_hessian_draw_for_the_whole_batch() -> None:
    assert "def one(self" not in compile_spec(loads(cut(DRAWN)), hvp=True).module


def test_loops_that_are_compiled() -> None:
    needs_numba()
    module = parted("classes", COMPILED)
    whole, parts = trained(made("classes"), "classes", 1), trained(module, "classes", 1)
    assert np.allclose(parts.theta, whole.theta, rtol=1e-9, atol=1e-11)


def test_images_are_cut_without_being_told() -> None:
    """Of 32 images the values fill several times what a cache holds: they take a third of the memory at most."""
    auto, off = (imported(name, compile_spec(loads(IMAGES.replace("MORE", more))).module)
                 for name, more in (("images_auto", ""), ("images_off", ", micro_batch_size: off")))  # fmt: skip
    assert 1 < auto.MICRO_BATCH_SIZE <= 16 and not hasattr(off, "MICRO_BATCH_SIZE")
    held = []
    for module in (auto, off):
        net, rng = module.Network(), np.random.default_rng(0)
        net.step(rng.standard_normal((32, 3, 32, 32)), rng.integers(0, 10, 32))
        held.append(sum(numbers(ws, set()) for ws in net._first.workspaces.values()))
    assert held[0] < 0.6 * held[1]
