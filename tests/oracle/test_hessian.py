"""Hessian-vector products against PyTorch's double backward pass, and against a Hessian that is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbp.compiler import DEFAULT, SIMPLEST

from .generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
F = torch.nn.functional
Tensor = Any
Values = dict[str, Tensor]
LEVELS = pytest.mark.parametrize("level", [SIMPLEST, DEFAULT])
MSE = "loss: {type: mse}"


def mlp(x: Tensor, p: Values) -> Tensor:
    return torch.tanh(x @ p["a.W"] + p["a.b"]) @ p["b.W"] + p["b.b"]


def cnn(x: Tensor, p: Values) -> Tensor:
    z = F.conv2d(x, p["c.K"], p["c.b"], stride=2, padding=1)
    z = F.max_pool2d(F.silu(z), 2).flatten(1)
    return z @ p["d.W"] + p["d.b"]


def batch_norm(x: Tensor, p: Values) -> Tensor:
    z = x @ p["a.W"]
    z = F.batch_norm(z, None, None, p["n.gamma"], p["n.beta"], training=True)
    return torch.sigmoid(z) @ p["b.W"] + p["b.b"]


def lstm(x: Tensor, p: Values) -> Tensor:
    n, steps, _ = x.shape
    h = c = torch.zeros((n, 4), dtype=x.dtype)
    found = []
    for t in range(steps):
        z = x[:, t] @ p["l.W"] + h @ p["l.U"] + p["l.b"]
        i, f, g, o = z.split(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        found.append(h)
    return torch.stack(found, dim=1)


def attention(x: Tensor, p: Values) -> Tensor:
    """One head, causal."""
    q, k, v = (x @ p[f"a.W{name}"] for name in "qkv")
    scores = q @ k.transpose(1, 2) / 4**0.5
    mask = torch.tril(torch.ones(scores.shape[1:])) == 0
    return torch.softmax(scores.masked_fill(mask, -torch.inf), dim=-1) @ v @ p["a.Wo"]


def embedding(x: Tensor, p: Values) -> Tensor:
    return torch.tanh(p["e.E"][x] @ p["d.W"] + p["d.b"])


def tied(x: Tensor, p: Values) -> Tensor:
    return torch.sigmoid(x @ p["a.W"] + p["a.b"]) @ p["a.W"].T + p["b.b"]


Case = tuple[str, tuple[int, ...], tuple[int, ...], Callable[[Tensor, Values], Tensor]]

# The layers of a spec, the shapes of input and output, and the same network in PyTorch.
CASES: dict[str, Case] = {
    "mlp": ("""
  - {type: dense, name: a, units: 5, activation: tanh}
  - {type: dense, name: b, units: 2}""", (3,), (2,), mlp),
    "cnn": ("""
  - {type: conv2d, name: c, filters: 3, kernel: 3, stride: 2, padding: 1, activation: silu}
  - {type: max_pool2d, size: 2}
  - {type: flatten}
  - {type: dense, name: d, units: 2}""", (2, 9, 8), (2,), cnn),
    "batch norm": ("""
  - {type: dense, name: a, units: 4, bias: false}
  - {type: batch_norm, name: n, activation: sigmoid}
  - {type: dense, name: b, units: 2}""", (3,), (2,), batch_norm),
    "lstm": ("\n  - {type: lstm, name: l, units: 4}", (5, 3), (5, 4), lstm),
    "attention": ("\n  - {type: self_attention, name: a, heads: 1, causal: true, bias: false}",
                  (5, 4), (5, 4), attention),
    "embedding": ("""
  - {type: embedding, name: e, rows: 6, units: 3}
  - {type: dense, name: d, units: 2, activation: tanh}""", (4,), (4, 2), embedding),
    "tied weights": ("""
  - {type: dense, name: a, units: 2, activation: sigmoid}
  - {type: dense, name: b, units: 3, share: {W: a.W.T}}""", (3,), (3,), tied),
}  # fmt: skip


def text_of(name: str, loss: str = MSE) -> str:
    layers, shape, _, _ = CASES[name]
    types = "input_type: {x: integer}\n" if name == "embedding" else ""
    return f"input: {{x: [{', '.join(map(str, shape))}]}}\n{types}layers:{layers}\n{loss}"


@LEVELS
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_double_backward(name: str, level: int) -> None:
    module = module_of(text_of(name), level, True)
    _, shape, wanted, forward = CASES[name]
    rng = np.random.default_rng(17)
    x = rng.integers(0, 6, (3, *shape)) if name == "embedding" else rng.normal(size=(3, *shape))
    y, theta, v = rng.normal(size=(3, *wanted)), rng.normal(size=size(module)), rng.normal(size=size(module))

    def loss(flat: Tensor) -> Tensor:
        at, p = 0, {}
        for label, part in module.PARAMETERS.items():
            count = int(np.prod(part))
            p[label] = flat[at : at + count].reshape(part)
            at += count
        return F.mse_loss(forward(torch.tensor(x), p), torch.tensor(y))

    _, product = torch.autograd.functional.hvp(loss, torch.tensor(theta), torch.tensor(v))
    close(module.hvp(theta, x, y, v), product.numpy(), 1e-9)


@LEVELS
def test_the_hessian_of_linear_regression_is_that_of_the_data(level: int) -> None:
    """2 X^T X/N, the last column of X being that of the bias."""
    module = module_of("input: {x: [3]}\nlayers:\n  - {type: dense, name: a, units: 1}\nloss: {type: mse}", level, True)
    rng = np.random.default_rng(3)
    x, y, theta = rng.normal(size=(7, 3)), rng.normal(size=(7, 1)), rng.normal(size=4)
    whole = np.column_stack([x, np.ones(7)])
    found = np.array([module.hvp(theta, x, y, v) for v in np.eye(4)])
    close(found, 2 * whole.T @ whole / 7, 1e-13)


@LEVELS
def test_single_precision(level: int) -> None:
    module = module_of(text_of("cnn", "loss: {type: cross_entropy, labels: integer}"), level, True)
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(3, *CASES["cnn"][1])), rng.integers(0, 2, 3)
    theta, v = rng.normal(size=(2, size(module)))
    found = module.hvp(theta.astype(np.float32), x, y, v)
    assert found.dtype == np.float32
    close(found, module.hvp(theta, x, y, v), 1e-5)


def test_a_network_multiplies_too() -> None:
    module = module_of(text_of("mlp"), DEFAULT, True)
    rng = np.random.default_rng(7)
    x, y, v = rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), rng.normal(size=size(module))
    net = module.Network(seed=0)
    close(net.hvp(x, y, v), module.hvp(net.theta, x, y, v), 0.0)
    assert views(module, net.hvp(x, y, v)).keys() == module.PARAMETERS.keys()


def test_masks_are_those_of_the_gradient() -> None:
    """Dropout: the product with the masks of a generator is the derivative of the gradient with these masks."""
    text = "input: {x: [4]}\nlayers:\n  - {type: dense, name: a, units: 6, activation: tanh}\n"
    text += "  - {type: dropout, rate: 0.5}\n  - {type: dense, name: b, units: 2}\nloss: {type: mse}"
    module = module_of(text, DEFAULT, True)
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 2))
    theta, v = rng.normal(size=(2, size(module)))
    for seeds in ([], [4]):
        first, again = ([np.random.default_rng(seed) for seed in seeds] or [None] for _ in range(2))
        slope = module.loss_and_grad(theta + 1e-200j * v, x, y, rng=first[0])[1].imag / 1e-200
        close(module.hvp(theta, x, y, v, rng=again[0]), slope, 1e-13)
