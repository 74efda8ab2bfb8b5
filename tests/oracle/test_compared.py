"""Losses that compare with several arrays, or with integer labels of which some do not count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symbp.compiler import compile_spec
from symbp.spec.load import loads

from .generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
Tensor = Any
MASKED = """
input: {x: [3]}
define:
  losses:
    masked:
      targets: {mask: {axes: "[n]", range: ">= 0"}, kind: {axes: "[n]", type: integer}}
      parameters: {a: 0.5}
      formula: |
        e[n] = sum[j]((y[n,j] - t[n,j])**2) + a*y[n,kind[n]]
        L = sum[n](mask[n]*e[n])/sum[n](mask[n])
layers:
  - {type: dense, name: a, units: 4}
loss: masked
"""
PARTS = """
input: {x: [3]}
outputs: [p, q]
define:
  losses:
    apart:
      input: ["p[n,j]", "q[n,j]"]
      target: none
      targets: {mask: "[n]"}
      formula: mean[n](mask[n]*sum[j]((p[n,j] - q[n,j])**2))
layers:
  - {type: dense, name: p, units: 4, inputs: x}
  - {type: dense, name: q, units: 4, inputs: x, activation: tanh}
loss:
  - {type: apart, name: near, inputs: [p, q], weight: 0.5}
  - {type: mse, inputs: p}
  - {type: cross_entropy, inputs: q}
"""
WORDS = """
input: {x: [5, 3]}
layers:
  - {type: dense, name: a, units: 4}
loss: {type: cross_entropy, ignore_index: -100}
"""


def leaves(module: Any, theta: Any) -> dict[str, Tensor]:
    return {label: torch.tensor(array, requires_grad=True) for label, array in views(module, theta).items()}


def gradient(p: dict[str, Tensor]) -> Any:
    return np.concatenate([leaf.grad.numpy().ravel() for leaf in p.values()])


def test_arrays_beside_the_target() -> None:
    module, rng = module_of(MASKED), np.random.default_rng(4)
    theta, x = rng.normal(size=size(module)), rng.normal(size=(6, 3))
    y = {"y": rng.normal(size=(6, 4)), "mask": rng.uniform(size=6), "kind": rng.integers(0, 4, 6)}
    assert {label: target["kind"] for label, target in module.TARGETS.items()} == {
        "y": "real",
        "mask": "counts",
        "kind": "labels",
    }
    p = leaves(module, theta)
    out, mask = torch.tensor(x) @ p["a.W"] + p["a.b"], torch.tensor(y["mask"])
    error = ((out - torch.tensor(y["y"])) ** 2).sum(1) + 0.5 * out[torch.arange(6), torch.tensor(y["kind"])]
    wanted = (mask * error).sum() / mask.sum()
    wanted.backward()
    found, grad = module.loss_and_grad(theta, x, y)
    close(found, wanted.item())
    close(grad, gradient(p))
    for label, wrong in (("mask", -y["mask"]), ("kind", y["kind"] + 4)):
        with pytest.raises(ValueError, match=f"{label}: expected"):
            module.loss_and_grad(theta, x, y | {label: wrong})


def test_an_array_of_one_of_several_losses() -> None:
    module, rng = module_of(PARTS), np.random.default_rng(5)
    theta, x = rng.normal(size=size(module)), rng.normal(size=(6, 3))
    y = {"near_mask": rng.normal(size=6), "p": rng.normal(size=(6, 4)), "q": rng.integers(0, 4, 6)}
    t = {label: torch.tensor(array) for label, array in y.items()}
    p = leaves(module, theta)
    a, b = torch.tensor(x) @ p["p.W"] + p["p.b"], torch.tanh(torch.tensor(x) @ p["q.W"] + p["q.b"])
    wanted = 0.5 * (t["near_mask"] * ((a - b) ** 2).sum(1)).mean() + torch.nn.functional.mse_loss(a, t["p"])
    wanted = wanted + torch.nn.functional.cross_entropy(b, t["q"])
    wanted.backward()
    found, grad = module.loss_and_grad(theta, x, y)
    close(found, wanted.item())
    close(grad, gradient(p))


@pytest.mark.parametrize("level", [0, 1])
def test_labels_of_a_sequence_that_do_not_count(level: int) -> None:
    module, rng = module_of(WORDS, level), np.random.default_rng(6)
    theta, x, y = rng.normal(size=size(module)), rng.normal(size=(4, 5, 3)), rng.integers(0, 4, (4, 5))
    y[rng.uniform(size=y.shape) < 0.4] = -100
    p = leaves(module, theta)
    scores = torch.tensor(x) @ p["a.W"] + p["a.b"]
    wanted = torch.nn.functional.cross_entropy(scores.reshape(-1, 4), torch.tensor(y).reshape(-1))
    wanted.backward()
    found, grad = module.loss_and_grad(theta, x, y)
    close(found, wanted.item())
    close(grad, gradient(p))
    net = module.Network(0)
    net.theta = theta
    counted = y != -100
    assert net.score(x, y) == pytest.approx(float((net.predict(x) == y)[counted].mean()))


def test_no_label_counts() -> None:
    """The loss is then 0, and nothing moves."""
    module, rng = module_of(WORDS), np.random.default_rng(7)
    found, grad = module.loss_and_grad(rng.normal(size=size(module)), rng.normal(size=(2, 5, 3)), np.full((2, 5), -100))
    assert found == 0.0
    assert not grad.any()


@pytest.mark.parametrize(("label", "said"), [(4, "found 4"), (-1, "found -1"), (-99, "found -99")])
def test_other_labels_out_of_range(label: int, said: str) -> None:
    module = module_of(WORDS)
    y = np.full((2, 5), -100)
    y[1, 2] = label
    with pytest.raises(ValueError, match=f"y: expected labels from 0 to 3, {said}"):
        module.loss_and_grad(np.zeros(size(module)), np.zeros((2, 5, 3)), y)


def test_no_one_hot_array_is_made() -> None:
    """At level 1 labels are added at their places: nothing is compared with every class."""
    for keys in ("", ", ignore_index: -100", ", label_smoothing: 0.1", ", class_weights: [1, 2, 3, 4]"):
        text = f"input: {{x: [3]}}\nlayers: [{{type: dense, units: 4}}]\nloss: {{type: cross_entropy{keys}}}"
        made = compile_spec(loads(f"symbp: 1\nname: trial\n{text}\n", "trial.yaml"), 1).module
        assert "np.equal(" not in made, keys
        assert 'mode="clip"' in made


def test_one_hot_refuses_what_it_has_no_place_for() -> None:
    module = module_of("input: {x: [2]}\ninput_type: integer\nlayers: [{type: one_hot, rows: 3}]\nloss: {type: mse}")
    with pytest.raises(ValueError, match="x: expected integers from 0 to 2, found 3"):
        module.loss_and_grad(np.zeros(0), np.array([[0, 3]]), np.zeros((1, 2, 3)))
