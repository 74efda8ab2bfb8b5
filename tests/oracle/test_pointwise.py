"""Every activation, and the layers without windows, against PyTorch: values, gradients of parameters and of inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbp.library import registry

from .generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
F = torch.nn.functional
Tensor = Any


def celu(z: Tensor, alpha: float) -> Tensor:
    """By its definition: the gradient of PyTorch's own celu and hardsigmoid has the accuracy of float32 only."""
    return torch.where(z > 0, z, alpha * torch.expm1(z.clamp(max=0) / alpha))


# Each activation with its keys in a spec, and the same function in PyTorch; `p` holds its parameters.
ACTIVATIONS: dict[str, tuple[str, Callable[[Tensor, dict[str, Tensor]], Tensor]]] = {
    "abs": ("", lambda z, p: z.abs()),
    "celu": ("alpha: 0.7", lambda z, p: celu(z, 0.7)),
    "elu": ("alpha: 1.3", lambda z, p: F.elu(z, 1.3)),
    "exp": ("", lambda z, p: z.exp()),
    "gelu": ("", lambda z, p: F.gelu(z)),
    "gelu_tanh": ("", lambda z, p: F.gelu(z, approximate="tanh")),
    "hardshrink": ("cut: 0.4", lambda z, p: F.hardshrink(z, 0.4)),
    "hardsigmoid": ("", lambda z, p: (z / 6 + 0.5).clamp(0, 1)),
    "hardswish": ("", lambda z, p: F.hardswish(z)),
    "hardtanh": ("low: -0.5, high: 0.8", lambda z, p: F.hardtanh(z, -0.5, 0.8)),
    "identity": ("", lambda z, p: z),
    "leaky_relu": ("alpha: 0.2", lambda z, p: F.leaky_relu(z, 0.2)),
    "logsigmoid": ("", lambda z, p: F.logsigmoid(z)),
    "mish": ("", lambda z, p: F.mish(z)),
    "prelu": ("", lambda z, p: F.prelu(z, p["alpha"])),
    "relu": ("", lambda z, p: F.relu(z)),
    "relu6": ("", lambda z, p: F.relu6(z)),
    "rrelu": ("lower: 0.1, upper: 0.4", lambda z, p: F.rrelu(z, 0.1, 0.4)),  # nothing is drawn
    "selu": ("", lambda z, p: F.selu(z)),
    "sigmoid": ("", lambda z, p: torch.sigmoid(z)),
    "silu": ("", lambda z, p: F.silu(z)),
    "sine": ("", lambda z, p: torch.sin(z)),
    "softplus": ("", lambda z, p: torch.logaddexp(z, torch.zeros(()))),  # F.softplus is linear above 20
    "softshrink": ("cut: 0.4", lambda z, p: F.softshrink(z, 0.4)),
    "softsign": ("", lambda z, p: F.softsign(z)),
    "square": ("", lambda z, p: z**2),
    "tanh": ("", lambda z, p: torch.tanh(z)),
    "tanhshrink": ("", lambda z, p: F.tanhshrink(z)),
    "threshold": ("threshold: 0.3, value: -0.2", lambda z, p: F.threshold(z, 0.3, -0.2)),
}


def leaves(module: Any, theta: Any) -> dict[str, Tensor]:
    return {
        label: torch.tensor(array, dtype=torch.float64, requires_grad=True)
        for label, array in views(module, theta).items()
    }


def compared(module: Any, theta: Any, x: Any, t: Any, forward: Callable[[Tensor, dict[str, Tensor]], Tensor]) -> None:
    """Output, loss (mean squared error), gradient of all parameters and of the inputs."""
    p = leaves(module, theta)
    inputs = {k: torch.tensor(v, requires_grad=True) for k, v in (x if isinstance(x, dict) else {"x": x}).items()}
    y = forward(inputs if isinstance(x, dict) else inputs["x"], p)
    loss = F.mse_loss(y, torch.tensor(t))
    loss.backward()
    net = module.Network(0)
    net.theta = theta
    close(net.predict(x), y.detach().numpy())
    found, gradient = module.loss_and_grad(theta, x, t)
    close(found, loss.item())
    close(gradient, np.concatenate([leaf.grad.numpy().ravel() for leaf in p.values()]))
    for label, array in module.input_gradient(theta, x, t).items():
        close(array, inputs[label].grad.numpy())


def pointwise(entry: str) -> tuple[Any, Any, Any, Any]:
    """A dense layer with an activation, and parameters, inputs and a target for it."""
    module = module_of(
        f"input: {{x: [3]}}\nlayers:\n  - {{type: dense, name: a, units: 5, activation: {entry}}}\nloss: {{type: mse}}"
    )
    rng = np.random.default_rng(1)
    return module, 1.5 * rng.normal(size=size(module)), rng.normal(size=(7, 3)), rng.normal(size=(7, 5))


def test_every_activation_has_an_oracle() -> None:
    assert set(registry.activations()) <= set(ACTIVATIONS)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation(name: str) -> None:
    keys, function = ACTIVATIONS[name]
    entry = f"{{type: {name}, {keys}}}" if keys else name
    module, theta, x, t = pointwise(entry)
    compared(module, theta, x, t, lambda u, p: function(u @ p["a.W"] + p["a.b"], {k[2:]: v for k, v in p.items()}))


@pytest.mark.parametrize(
    ("name", "keys", "function"),
    [
        ("celu", ", alpha: 0.7", lambda z: F.celu(z, 0.7)),
        ("celu", ", alpha: 1.0", F.celu),
        ("hardsigmoid", "", F.hardsigmoid),
    ],
)
def test_values_of_pytorchs_own(name: str, keys: str, function: Callable[[Tensor], Tensor]) -> None:
    """On both sides of the kinks, far enough out for hardsigmoid to be 0 and 1."""
    module, theta, x, _ = pointwise(f"{{type: {name}{keys}}}")
    x = 4 * x
    z = torch.tensor(x) @ torch.tensor(views(module, theta)["a.W"]) + torch.tensor(views(module, theta)["a.b"])
    net = module.Network(0)
    net.theta = theta
    assert z.min() < -3 and z.max() > 3
    close(net.predict(x), function(z).numpy())


def test_gradient_of_pytorchs_own_celu() -> None:
    """At alpha = 1, where PyTorch's gradient has the accuracy of float64."""
    module, theta, x, t = pointwise("celu")
    compared(module, theta, x, t, lambda u, p: F.celu(u @ p["a.W"] + p["a.b"]))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_layers(name: str) -> None:
    module = module_of(
        "input: {x: [3]}\nlayers:\n  - {type: dense, name: a, units: 5}\n"
        f"  - {{type: {name}, name: s}}\nloss: {{type: mse}}"
    )
    rng = np.random.default_rng(2)
    theta, x, t = rng.normal(size=size(module)), rng.normal(size=(7, 3)), rng.normal(size=(7, 5))
    function = getattr(F, name)
    compared(module, theta, x, t, lambda u, p: function(u @ p["a.W"] + p["a.b"], dim=-1))


@pytest.mark.parametrize("bias", ["true", "false"])
def test_bilinear(bias: str) -> None:
    module = module_of(
        "input: {x: [3], z: [4]}\nlayers:\n"
        f"  - {{type: bilinear, name: a, inputs: [x, z], units: 5, bias: {bias}}}\nloss: {{type: mse}}"
    )
    rng = np.random.default_rng(3)
    theta, t = rng.normal(size=size(module)), rng.normal(size=(7, 5))
    x = {"x": rng.normal(size=(7, 3)), "z": rng.normal(size=(7, 4))}
    compared(module, theta, x, t, lambda u, p: F.bilinear(u["x"], u["z"], p["a.W"], p.get("a.b")))


def test_dense_over_a_free_axis() -> None:
    module = module_of(
        "sizes: {T: any}\ninput: {x: [T, 3]}\nlayers:\n"
        "  - {type: dense, name: a, units: 4, activation: tanh}\n  - {type: dense, name: b, units: 2}\n"
        "loss: {type: mse}"
    )
    rng = np.random.default_rng(4)
    theta = rng.normal(size=size(module))
    for free in (1, 6):
        x, t = rng.normal(size=(5, free, 3)), rng.normal(size=(5, free, 2))
        compared(module, theta, x, t, lambda u, p: torch.tanh(u @ p["a.W"] + p["a.b"]) @ p["b.W"] + p["b.b"])


def test_tied_weights() -> None:
    module = module_of(
        "input: {x: [6]}\nlayers:\n  - {type: dense, name: a, units: 4, activation: sigmoid}\n"
        "  - {type: dense, name: b, units: 6, share: {W: a.W.T}}\nloss: {type: mse}"
    )
    rng = np.random.default_rng(5)
    theta, x, t = rng.normal(size=size(module)), rng.normal(size=(7, 6)), rng.normal(size=(7, 6))
    compared(module, theta, x, t, lambda u, p: torch.sigmoid(u @ p["a.W"] + p["a.b"]) @ p["a.W"].T + p["b.b"])
