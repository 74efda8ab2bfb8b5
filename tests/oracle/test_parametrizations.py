"""Weights that are computed from what is trained, against PyTorch: values, gradients, states, first values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")

SGD = "train: {optimizer: {type: sgd, lr: 0.1}}"
LEVELS = (0, 1)


def dense(kind: str) -> tuple[str, Any, str]:
    """The text of a spec, PyTorch's layer, and the name of the weight here."""
    text = f"input: {{x: [4]}}\nlayers: [{{type: dense, units: 5, name: l, parametrize: {{W: {kind}}}}}]"
    return text, torch.nn.Linear(4, 5), "W"


def conv(kind: str) -> tuple[str, Any, str]:
    keys = "filters: 4, kernel: 3, stride: 2, padding: 1, groups: 2"
    layer = f"{{type: conv2d, {keys}, name: l, parametrize: {{K: {kind}}}}}"
    return f"input: {{x: [2, 5, 4]}}\nlayers: [{layer}]", torch.nn.Conv2d(2, 4, 3, 2, 1, groups=2), "K"


def transposed(kind: str) -> tuple[str, Any, str]:
    layer = f"{{type: conv_transpose2d, filters: 3, kernel: 2, stride: 2, name: l, parametrize: {{K: {kind}}}}}"
    return f"input: {{x: [2, 3, 2]}}\nlayers: [{layer}]", torch.nn.ConvTranspose2d(2, 3, 2, 2), "K"


CASES = {"dense": dense, "conv2d": conv, "conv_transpose2d": transposed}
DIMS = {"dense": 0, "conv2d": 0, "conv_transpose2d": 1}


def turned(name: str, array: Any) -> Any:
    """A weight as PyTorch has it: dense layers have [out, in]."""
    return array.T if name == "dense" and array.ndim == 2 else array


def flat(name: str, array: Any) -> Any:
    """A state without the axes of length 1, in PyTorch's order."""
    return np.asarray(array).ravel()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", CASES)
def test_weight_norm(name: str, level: int) -> None:
    text, layer, weight = CASES[name]("weight_norm")
    module, rng = module_of(f"{text}\nloss: {{type: mse}}\n{SGD}", level), np.random.default_rng(7)
    net = module.Network(3)
    start = net.parameters[f"l.{weight}"]
    axes = tuple(k for k in range(start.ndim) if k != (1 if name == "dense" else DIMS[name]))
    close(net.parameters[f"l.{weight}_g"], np.sqrt((start**2).sum(axis=axes)))  # so that w is W at first
    theta = rng.normal(size=size(module))
    net.theta = theta
    p = views(module, theta)
    torch.nn.utils.parametrizations.weight_norm(layer, dim=DIMS[name])
    original = layer.parametrizations.weight
    original.original0.data[...] = torch.tensor(p[f"l.{weight}_g"]).reshape(original.original0.shape)
    original.original1.data[...] = torch.tensor(turned(name, p[f"l.{weight}"]))
    layer.bias.data[...] = torch.tensor(p["l.b"])
    x = rng.normal(size=(3, *module.INPUTS["x"]))
    wanted = torch.tensor(x, requires_grad=True)
    output = layer(wanted)
    y = rng.normal(size=tuple(output.shape))
    torch.nn.functional.mse_loss(output, torch.tensor(y)).backward()
    close(net.predict(x), output.detach())
    _, gradient = net.loss_and_grad(x, y)
    found = views(module, gradient)
    close(turned(name, found[f"l.{weight}"]), original.original1.grad)
    close(found[f"l.{weight}_g"], original.original0.grad.ravel())
    close(found["l.b"], layer.bias.grad)
    close(net.input_gradient(x, y), wanted.grad)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", CASES)
def test_spectral_norm_over_three_steps(name: str, level: int) -> None:
    text, layer, weight = CASES[name]("spectral_norm")
    module, rng = module_of(f"{text}\nloss: {{type: mse}}\n{SGD}", level), np.random.default_rng(7)
    net = module.Network(3, keep_gradients=True)
    w = turned(name, net.parameters[f"l.{weight}"])
    matrix = np.moveaxis(w, DIMS[name], 0).reshape(w.shape[DIMS[name]], -1)
    u, v = (flat(name, net.state[f"l.{weight}_{letter}"]) for letter in "uv")
    assert u @ matrix @ v == pytest.approx(np.linalg.norm(matrix, 2), rel=0.05)  # settled at the start
    theta = rng.normal(size=size(module))
    net.theta = theta
    torch.nn.utils.parametrizations.spectral_norm(layer, dim=DIMS[name])
    original = layer.parametrizations.weight
    original.original.data[...] = torch.tensor(turned(name, net.parameters[f"l.{weight}"]))
    layer.bias.data[...] = torch.tensor(net.parameters["l.b"])
    for letter in "uv":
        getattr(original[0], f"_{letter}")[...] = torch.tensor(flat(name, net.state[f"l.{weight}_{letter}"]))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for n in (3, 1, 4):
        x = rng.normal(size=(n, *module.INPUTS["x"]))
        wanted = torch.tensor(x, requires_grad=True)
        optimizer.zero_grad()
        output = layer(wanted)
        y = rng.normal(size=tuple(output.shape))
        loss = torch.nn.functional.mse_loss(output, torch.tensor(y))
        loss.backward()
        close(net.step(x, y), loss.item())
        close(turned(name, net.gradients[f"l.{weight}"]), original.original.grad)
        optimizer.step()
        for letter in "uv":
            close(flat(name, net.state[f"l.{weight}_{letter}"]), getattr(original[0], f"_{letter}"))
        close(turned(name, net.parameters[f"l.{weight}"]), original.original.detach())
    layer.eval()
    x = rng.normal(size=(2, *module.INPUTS["x"]))
    wanted = torch.tensor(x, requires_grad=True)
    output = layer(wanted)
    close(net.predict(x), output.detach())
    y = rng.normal(size=tuple(output.shape))
    torch.nn.functional.mse_loss(output, torch.tensor(y)).backward()
    close(net.input_gradient(x, y), wanted.grad)
