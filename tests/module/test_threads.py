"""Half-batches on two threads: the same training, but for rounding; networks that mix samples refuse."""

from __future__ import annotations

import copy
import importlib.util
import pickle
import sys
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbp.compiler import compile_spec
from symbp.spec.load import loads

from .generated import data, made

HEAD = "symbp: 1\nname: {name}\ninput: {{x: [6]}}\nlayers:\n"
TAIL = "loss: {loss}\ntrain: {{optimizer: {{type: adam, lr: 0.01}}, batch_size: 8}}\n"
DENSE = "  - {type: dense, name: a, units: 5, activation: tanh}\n"
OUT = "  - {type: dense, name: out, units: 3}\n"
OWN = """
define:
  layers:
    centred: {input: "x[n,i]", formula: "m[i] = mean[n](x[n,i])\\ny[n,i] = x[n,i] - m[i]"}
"""
REFUSED = {
    "norm": (DENSE + "  - {type: batch_norm, name: bn}\n" + OUT, "{type: mse}", "a step changes bn"),
    "drop": (DENSE + "  - {type: dropout, name: d, rate: 0.5}\n" + OUT, "{type: mse}", "what a step draws"),
    "weights": (DENSE + OUT, "{type: cross_entropy, class_weights: [1, 2, 3]}", "the loss is no mean over the samples"),
    "own": (DENSE + "  - {type: centred, name: c}\n" + OUT, "{type: mse}", "the layer c mixes samples"),
}


@cache
def module_of(name: str) -> ModuleType:
    layers, loss, _ = REFUSED[name]
    text = compile_spec(loads(HEAD.format(name=name) + layers + TAIL.format(loss=loss) + OWN)).module
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(name, None))
    sys.modules[name] = module
    exec(compile(text, name, "exec"), module.__dict__)
    return module


def trained(name: str, threads: int, n: int = 37, **keys: Any) -> Any:
    net = made(name).Network(seed=1, dtype="float64", threads=threads)
    return net.fit(*data(name, n=n), epochs=3, batch_size=8, verbose=False, **keys)


@pytest.mark.parametrize("name", ("classes", "yes_no", "tied", "line", "steps"))
def test_two_threads_train_as_one_but_for_rounding(name: str) -> None:
    one, two, again = trained(name, 1), trained(name, 2), trained(name, 2)
    assert np.allclose(two.theta, one.theta, rtol=1e-9, atol=1e-12)
    assert np.allclose([r["loss"] for r in two.history], [r["loss"] for r in one.history], rtol=1e-9)
    assert np.array_equal(two.theta, again.theta) and two.history == again.history


@pytest.mark.parametrize("n", (1, 2, 3, 7))
def test_any_number_of_samples_is_halved(n: int) -> None:
    x, y = data("classes", n=n)
    module = made("classes")
    nets = [module.Network(seed=1, dtype="float64", threads=threads, keep_gradients=True) for threads in (1, 2)]
    losses = [net.step(x, y) for net in nets]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    assert np.allclose(nets[0].gradients["fc1.W"], nets[1].gradients["fc1.W"], rtol=1e-12, atol=1e-15)


def test_a_copy_has_threads_of_its_own() -> None:
    net = trained("classes", 2)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), net.copy()):
        assert other.threads == 2
        assert other.step(*data("classes")) == copy.deepcopy(net).step(*data("classes"))


def test_an_error_in_the_other_half_is_raised() -> None:
    net = made("classes").Network(threads=2)
    net._second.run = lambda p, data, share: 1 / 0
    with pytest.raises(ZeroDivisionError):
        net.step(*data("classes"))


@pytest.mark.parametrize("name", REFUSED)
def test_networks_that_mix_samples_refuse_threads(name: str) -> None:
    with pytest.raises(ValueError, match=f"^threads: batches cannot be halved here, since {REFUSED[name][2]}"):
        module_of(name).Network(threads=2)
    module_of(name).Network(threads=1)


@pytest.mark.parametrize("threads", (0, 3, 1.5, True))
def test_other_numbers_of_threads_are_refused(threads: Any) -> None:
    with pytest.raises(ValueError, match=r"^threads: expected "):
        made("classes").Network(threads=threads)


def test_with_deterministic_the_number_of_threads_changes_no_bit() -> None:
    text = HEAD.format(name="same") + DENSE + OUT + TAIL.format(loss="{type: mse}")
    text = text.replace("train: {", "train: {deterministic: true, ")
    module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec("same", None))
    exec(compile(compile_spec(loads(text)).module, "same", "exec"), module.__dict__)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((31, 6)), rng.standard_normal((31, 3))
    nets = [module.Network(threads=threads).fit(x, y, epochs=3, verbose=False) for threads in (1, 2)]
    assert np.array_equal(nets[0].theta, nets[1].theta) and nets[0].history == nets[1].history
