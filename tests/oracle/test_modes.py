"""Layers that behave differently in training and in prediction, against PyTorch: values, gradients, states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .generated import Array, close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")

SGD = "train: {optimizer: {type: sgd, lr: 0.1}}"
NORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "affine": ("", {}),
    "plain": (", affine: false", {"affine": False}),
    "slow": (", momentum: 0.02, eps: 0.01", {"momentum": 0.02, "eps": 0.01}),
    "untracked": (", track: false", {"track_running_stats": False}),
}
LEVELS = (0, 1)


def network(text: str, level: int) -> tuple[Any, Array, np.random.Generator]:
    """The module of some layers with a mean squared error, random parameters for it, and the generator."""
    module, rng = module_of(f"{text}\nloss: {{type: mse}}\n{SGD}", level), np.random.default_rng(len(text))
    return module, rng.normal(size=size(module)), rng


# Inputs, the axis that is kept, and how PyTorch wants them: with the channels behind the samples.
SHAPES: dict[str, tuple[tuple[int, ...], str, int]] = {
    "features": ((5,), "feature", 1),
    "sequence": ((6, 5), "time, feature", 2),
    "image": ((5, 4, 3), "kind, time, feature", 1),
    "volume": ((5, 2, 1, 3), "kind, step, time, feature", 1),
}


def channels_first(a: Array, place: int) -> Any:
    """The array with the axis at this place behind the samples."""
    return torch.tensor(np.ascontiguousarray(np.moveaxis(a, place, 1)))


def norm_of(options: dict[str, Any], channels: int, views_: dict[str, Array], dims: int = 1) -> Any:
    """PyTorch's batch norm with these parameters."""
    layer = getattr(torch.nn, f"BatchNorm{dims}d")(channels, **options)
    if views_:
        layer.weight.data[...] = torch.tensor(views_["bn.gamma"])
        layer.bias.data[...] = torch.tensor(views_["bn.beta"])
    return layer


def gradients(layer: Any) -> dict[str, Any]:
    return {"bn.gamma": layer.weight.grad, "bn.beta": layer.bias.grad} if layer.affine else {}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("name", NORMS)
def test_batch_norm_over_three_steps(name: str, kind: str, level: int) -> None:
    (keys, options), (shape, axes, place) = NORMS[name], SHAPES[kind]
    kept = ", axis: kind" if axes.startswith("kind") else ""
    text = f"input: {{x: {list(shape)}}}\naxes: {{x: [{axes}]}}\nlayers: [{{type: batch_norm, name: bn{keys}{kept}}}]"
    _compare(text, norm_of(options, 5, {}, max(1, len(shape) - 1)), shape, place, level)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["sequence", "image", "volume"])
@pytest.mark.parametrize(("affine", "track"), [(True, True), (False, True), (True, False), (False, False)])
def test_instance_norm_over_three_steps(affine: bool, track: bool, kind: str, level: int) -> None:
    shape, axes, place = SHAPES[kind]
    keys = f"affine: {str(affine).lower()}, track: {str(track).lower()}{', axis: kind' if place == 1 else ''}"
    text = f"input: {{x: {list(shape)}}}\naxes: {{x: [{axes}]}}\nlayers: [{{type: instance_norm, name: bn, {keys}}}]"
    layer = getattr(torch.nn, f"InstanceNorm{len(shape) - 1}d")(5, affine=affine, track_running_stats=track)
    _compare(text, layer, shape, place, level)


def _compare(text: str, layer: Any, shape: tuple[int, ...], place: int, level: int) -> None:
    """Three steps on batches of different sizes, then a prediction."""
    module, theta, rng = network(text, level)
    net = module.Network(0)
    net.theta = theta
    if layer.affine:
        layer.weight.data[...] = torch.tensor(net.parameters["bn.gamma"])
        layer.bias.data[...] = torch.tensor(net.parameters["bn.beta"])
    optimizer = torch.optim.SGD([*layer.parameters(), torch.zeros(1, requires_grad=True)], lr=0.1)
    for n in (7, 2, 4):
        x, y = rng.normal(2.0, 3.0, size=(n, *shape)), rng.normal(size=(n, *shape))
        wanted_x = channels_first(x, place).requires_grad_()
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(layer(wanted_x), channels_first(y, place))
        loss.backward()
        value, gradient = net.loss_and_grad(x, y)
        close(value, loss.item())
        for label, wanted in gradients(layer).items():
            close(views(module, gradient)[label], wanted)
        close(np.moveaxis(net.input_gradient(x, y), place, 1), wanted_x.grad)
        close(net.step(x, y), loss.item())
        optimizer.step()
        for label, array in net.state.items():
            close(array, getattr(layer, label.removeprefix("bn.")))
    layer.eval()
    x = rng.normal(size=(6, *shape))
    close(np.moveaxis(net.predict(x), place, 1), layer(channels_first(x, place)).detach())
    assert {f"bn.{k}" for k in layer.state_dict() if "running" in k} == set(net.state)


@pytest.mark.parametrize("level", LEVELS)
def test_batch_norm_with_running_statistics(level: int) -> None:
    text = "input: {x: [4]}\nlayers: [{type: batch_norm, name: bn, statistics: running}]"
    module, theta, rng = network(text, level)
    net, layer = module.Network(0), norm_of({}, 4, views(module, theta))
    net.theta = theta
    for label, array in net.state.items():
        array[...] = rng.uniform(0.5, 2.0, 4)
        getattr(layer, label.removeprefix("bn."))[...] = torch.tensor(array)
    layer.eval()
    x, y = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    wanted_x = torch.tensor(x, requires_grad=True)
    torch.nn.functional.mse_loss(layer(wanted_x), torch.tensor(y)).backward()
    _, gradient = net.loss_and_grad(x, y)
    for label, wanted in gradients(layer).items():
        close(views(module, gradient)[label], wanted)
    close(net.input_gradient(x, y), wanted_x.grad)
    before = {label: array.copy() for label, array in net.state.items()}
    net.step(x, y)
    assert all(np.array_equal(net.state[label], array) for label, array in before.items())


def _alpha(x: Any, drawn: dict[str, Any], rate: float) -> Any:
    """As in PyTorch's native code, from its mask of zeros and ones."""
    alpha = 1.7580993408473766
    a = ((alpha * alpha * rate + 1) * (1 - rate)) ** -0.5
    noise = (drawn["d.keep"] > 0).to(x.dtype)
    return x * (noise * a) + ((noise - 1) * (alpha * a) + alpha * a * rate)


DRAWN = {
    "dropout, rate: 0.3": lambda x, d: x * d["d.keep"],
    "alpha_dropout, rate: 0.3": lambda x, d: _alpha(x, d, 0.3),
    "gaussian_noise, stddev: 0.4": lambda x, d: x + d["d.noise"],
    "gaussian_dropout, rate: 0.3": lambda x, d: x * d["d.factor"],
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("name", DRAWN)
def test_the_same_draws(name: str, shape: tuple[int, ...], level: int) -> None:
    axes = ", ".join(("time", "step", "feature")[-len(shape) :])
    text = f"input: {{x: {list(shape)}}}\naxes: {{x: [{axes}]}}\nlayers: [{{type: {name}, name: d}}]"
    module, theta, rng = network(text, level)
    x, y = rng.normal(size=(50, *shape)), rng.normal(size=(50, *shape))
    drawn = {label: torch.tensor(a) for label, a in module.drawn(np.random.default_rng(3), x).items()}
    wanted = torch.tensor(x, requires_grad=True)
    loss = torch.nn.functional.mse_loss(DRAWN[name](wanted, drawn), torch.tensor(y))
    loss.backward()
    value, _ = module.loss_and_grad(theta, x, y, rng=np.random.default_rng(3))
    close(value, loss.item())
    close(module.input_gradient(theta, x, y, rng=np.random.default_rng(3))["x"], wanted.grad)
    close(module.loss_and_grad(theta, x, y)[0], ((x - y) ** 2).mean())
    np.testing.assert_array_equal(module.Network(0).predict(x), x)


@pytest.mark.parametrize("level", LEVELS)
def test_rrelu(level: int) -> None:
    layer = "{type: dense, name: d, units: 4, activation: {type: rrelu, lower: 0.1, upper: 0.4}}"
    module, theta, rng = network(f"input: {{x: [3]}}\nlayers: [{layer}]", level)
    x, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 4))
    slope = module.drawn(np.random.default_rng(3), x)["d.slope"]
    assert 0.1 <= slope.min() < 0.12
    assert 0.38 < slope.max() <= 0.4
    p = {label: torch.tensor(array, requires_grad=True) for label, array in views(module, theta).items()}
    z = torch.tensor(x) @ p["d.W"] + p["d.b"]
    torch.nn.functional.mse_loss(torch.where(z > 0, z, z * torch.tensor(slope)), torch.tensor(y)).backward()
    _, gradient = module.loss_and_grad(theta, x, y, rng=np.random.default_rng(3))
    for label, view in views(module, gradient).items():
        close(view, p[label].grad)
    net = module.Network(0)
    net.theta = theta
    close(net.predict(x), torch.nn.functional.rrelu(z, 0.1, 0.4, training=False).detach())


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    module, theta, rng = network("input: {x: [100]}\nlayers: [{type: alpha_dropout, name: d, rate: 0.4}]", 1)
    x = rng.normal(size=(3000, 100))
    loss, _ = module.loss_and_grad(theta, x, np.zeros_like(x), rng=np.random.default_rng(0))
    assert loss == pytest.approx(1.0, rel=0.02)  # the mean square of the output


SAMPLE = """
input: {x: [6]}
random: {eps: {shape: [2]}}
define:
  layers:
    sample: {input: ["m[n,j]", "s[n,j]", "e[n,j]"], formula: "y[n,j] = m[n,j] + exp(s[n,j])*e[n,j]"}
layers:
  - {type: dense, units: 2, name: mean, inputs: x}
  - {type: dense, units: 2, name: spread, inputs: x}
  - {type: sample, name: z, inputs: [mean, spread, eps]}
  - {type: dense, units: 6, name: out}
"""


@pytest.mark.parametrize("level", LEVELS)
def test_a_random_array_of_the_spec(level: int) -> None:
    module, theta, rng = network(SAMPLE, level)
    x, y = rng.normal(size=(5, 6)), rng.normal(size=(5, 6))
    eps = torch.tensor(module.drawn(np.random.default_rng(3), x)["eps"])
    p = {label: torch.tensor(array, requires_grad=True) for label, array in views(module, theta).items()}
    mean, spread = (torch.tensor(x) @ p[f"{name}.W"] + p[f"{name}.b"] for name in ("mean", "spread"))
    output = (mean + spread.exp() * eps) @ p["out.W"] + p["out.b"]
    torch.nn.functional.mse_loss(output, torch.tensor(y)).backward()
    _, gradient = module.loss_and_grad(theta, x, y, rng=np.random.default_rng(3))
    for label, view in views(module, gradient).items():
        close(view, p[label].grad)
    net = module.Network(0)
    net.theta = theta
    close(net.predict(x), (mean @ p["out.W"] + p["out.b"]).detach())
    assert module.RANDOM == {"eps": (2,)}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["sequence", "image", "volume"])
@pytest.mark.parametrize("name", ["channel_dropout", "feature_alpha_dropout"])
def test_draws_by_channel(name: str, kind: str, level: int) -> None:
    shape, axes, place = SHAPES[kind]
    key = ", axis: kind" if place == 1 else ""
    layer = f"{{type: {name}, name: d, rate: 0.3{key}}}"
    module, theta, rng = network(f"input: {{x: {list(shape)}}}\naxes: {{x: [{axes}]}}\nlayers: [{layer}]", level)
    x, y = rng.normal(size=(50, *shape)), rng.normal(size=(50, *shape))
    drawn = {label: torch.tensor(a) for label, a in module.drawn(np.random.default_rng(3), x).items()}
    assert drawn["d.keep"].shape == (50, 5)
    drawn["d.keep"] = drawn["d.keep"].reshape((50, 5) + (1,) * (len(shape) - 1))
    wanted = channels_first(x, place).requires_grad_()
    output = wanted * drawn["d.keep"] if name == "channel_dropout" else _alpha(wanted, drawn, 0.3)
    loss = torch.nn.functional.mse_loss(output, channels_first(y, place))
    loss.backward()
    close(module.loss_and_grad(theta, x, y, rng=np.random.default_rng(3))[0], loss.item())
    found = module.input_gradient(theta, x, y, rng=np.random.default_rng(3))["x"]
    close(np.moveaxis(found, place, 1), wanted.grad)
    np.testing.assert_array_equal(module.Network(0).predict(x), x)
