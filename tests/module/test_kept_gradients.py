"""An update works in the memory of the gradient; a network keeps the gradients of its steps where that is asked for."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .generated import CASES, SPECS, data, made

FORGOTTEN = "works in the memory of its gradients: .* keep_gradients=True"


def flat(net: Any) -> Any:
    return np.concatenate([view.ravel() for view in net.gradients.values()])


def same(one: Any, other: Any) -> None:
    """The same weights; but for rounding where the learning rate is a factor of what the backward pass begins with."""
    if "scale" in inspect.signature(sys.modules[type(one).__module__].backward).parameters:
        assert np.allclose(one.theta, other.theta, rtol=1e-11, atol=1e-13)
    else:
        assert np.array_equal(one.theta, other.theta)


@pytest.mark.parametrize(("name", "level"), CASES)
def test_the_gradients_of_a_step_are_kept(name: str, level: int) -> None:
    module, arrays = made(name, level), data(name)
    net, twin = (module.Network(dtype="float64", keep_gradients=kept) for kept in (True, False))
    drawing = {"training": True} if hasattr(net, "generator") else {}
    for _ in range(3):
        _, grad = twin.copy().loss_and_grad(*arrays, **drawing)
        assert net.step(*arrays) == pytest.approx(twin.step(*arrays), rel=1e-13)
        assert np.allclose(flat(net), grad, rtol=1e-12, atol=1e-14)
        same(net, twin)
    net.fit(*arrays, epochs=2, verbose=False)
    twin.fit(*arrays, epochs=2, verbose=False)
    same(net, twin)


@pytest.mark.parametrize(("name", "level"), CASES)
def test_what_is_not_kept_is_not_shown(name: str, level: int) -> None:
    module, arrays = made(name, level), data(name)
    net = module.Network()
    assert not flat(net).any()
    net.step(*arrays)
    with pytest.raises(RuntimeError, match=FORGOTTEN):
        _ = net.gradients
    _, grad = net.loss_and_grad(*arrays)
    assert np.array_equal(flat(net), grad)
    net.fit(*arrays, epochs=1, verbose=False)
    with pytest.raises(RuntimeError, match=FORGOTTEN):
        _ = net.gradients


@pytest.mark.parametrize("name", SPECS)
def test_what_is_asked_for_afterwards_comes_first(name: str) -> None:
    module, arrays = made(name), data(name)
    net = module.Network(keep_gradients=True)
    net.step(*arrays)
    of_step = flat(net)
    _, grad = net.loss_and_grad(*arrays)
    assert np.array_equal(flat(net), grad) and not np.array_equal(grad, of_step)


def test_a_copy_and_a_file_go_on_keeping(tmp_path: Path) -> None:
    module, arrays = made("classes"), data("classes")
    net = module.Network(keep_gradients=True)
    net.step(*arrays)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), net.copy()):
        assert np.array_equal(flat(other), flat(net))
        other.step(*arrays)
        assert not np.array_equal(flat(other), flat(net))
    net.save(tmp_path / "net.safetensors")
    again = module.Network.load(tmp_path / "net.safetensors", keep_gradients=True, threads=2)
    assert again.threads == 2
    for each in (net, again):
        each.threads = 1
        each.step(*arrays)
    assert np.array_equal(flat(again), flat(net))


def test_an_optimiser_has_no_array_for_what_fits_in_the_gradient() -> None:
    memory = vars(made("classes").Network()._optimizer)
    assert [name for name, value in memory.items() if np.ndim(value)] == ["m", "v"]
