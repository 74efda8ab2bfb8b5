"""Twenty steps of every optimiser, clips and schedules, against PyTorch; Lion against its paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbp.library import registry

from .generated import Array, close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
F = torch.nn.functional
STEPS = 20
NETWORK = (
    "input: {x: [5]}\nlayers:\n"
    "  - {type: dense, name: a, units: 7, activation: tanh, bias: false}\n"
    "  - {type: dense, name: b, units: 3, bias: false}\n"
    "loss: {type: cross_entropy, labels: integer}\n"
)


class Lion:
    """Chen et al. 2023, algorithm 2, on PyTorch parameters."""

    def __init__(self, params: Any, lr: float, betas: tuple[float, float], weight_decay: float) -> None:
        self.params, self.lr, self.betas, self.decay = list(params), lr, betas, weight_decay
        self.m = [torch.zeros_like(p) for p in self.params]

    def step(self) -> None:
        with torch.no_grad():
            for p, m in zip(self.params, self.m, strict=True):
                c = self.betas[0] * m + (1 - self.betas[0]) * p.grad
                p.sub_(self.lr * (torch.sign(c) + self.decay * p))
                m.mul_(self.betas[1]).add_(p.grad, alpha=1 - self.betas[1])

    def zero_grad(self) -> None:
        for p in self.params:
            p.grad = None


# Each optimiser with its keys in a spec, and the same one in PyTorch.
OPTIMIZERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "sgd": ("lr: 0.3", lambda p: torch.optim.SGD(p, lr=0.3)),
    "momentum": ("lr: 0.1, momentum: 0.8", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8)),
    "nesterov": ("lr: 0.1, momentum: 0.8", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True)),
    "adagrad": ("lr: 0.1", lambda p: torch.optim.Adagrad(p, lr=0.1)),
    "rmsprop": ("lr: 0.02", lambda p: torch.optim.RMSprop(p, lr=0.02)),
    "rmsprop keys": ("lr: 0.02, alpha: 0.9, eps: 1e-3", lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-3)),
    "adadelta": ("lr: 1.0", lambda p: torch.optim.Adadelta(p, lr=1.0)),
    "adam": ("lr: 0.05", lambda p: torch.optim.Adam(p, lr=0.05)),
    "adam keys": (
        "lr: 0.05, beta1: 0.8, beta2: 0.9, eps: 1e-3",
        lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.9), eps=1e-3),
    ),
    "adamw": ("lr: 0.05, weight_decay: 0.1", lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1)),
    "nadam": ("lr: 0.05", lambda p: torch.optim.NAdam(p, lr=0.05)),
    "lion": (
        "lr: 0.02, beta1: 0.8, beta2: 0.95, weight_decay: 0.1",
        lambda p: Lion(p, 0.02, (0.8, 0.95), 0.1),
    ),
}
CLIPS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "clip_norm": ("clip_norm: 0.2", lambda p: torch.nn.utils.clip_grad_norm_(p, 0.2)),
    "clip_value": ("clip_value: 0.02", lambda p: torch.nn.utils.clip_grad_value_(p, 0.02)),
    "inactive": ("clip_norm: 1e6, clip_value: 1e6", lambda p: None),
}


def spec(optimizer: str, keys: str) -> str:
    return f"{NETWORK}train: {{optimizer: {{type: {optimizer}, {keys}}}, epochs: 1, batch_size: 8, seed: 0}}"


def trajectory(
    module: Any, optimizer: Callable[[Any], Any], clip: Callable[[Any], object] = lambda p: None
) -> tuple[Array, Array]:
    """The parameters after each step: of the module, and of PyTorch on the same data."""
    rng = np.random.default_rng(21)
    theta = rng.normal(size=size(module))
    net = module.Network(0)
    net.theta = theta
    p = {label: torch.tensor(array.copy(), requires_grad=True) for label, array in views(module, theta).items()}
    algorithm = optimizer(list(p.values()))
    found, wanted = [], []
    for _ in range(STEPS):
        x, t = rng.normal(size=(8, 5)), rng.integers(0, 3, 8)
        algorithm.zero_grad()
        loss = F.cross_entropy(torch.tanh(torch.tensor(x) @ p["a.W"]) @ p["b.W"], torch.tensor(t))
        loss.backward()
        clip(list(p.values()))
        algorithm.step()
        close(net.step(x, t), loss.item())
        found.append(net.theta.copy())
        wanted.append(np.concatenate([leaf.detach().numpy().ravel() for leaf in p.values()]))
    return np.array(found), np.array(wanted)


def test_every_optimiser_and_clip_has_an_oracle() -> None:
    assert set(registry.optimizers()) <= {name.split(maxsplit=1)[0] for name in OPTIMIZERS}
    assert set(registry.clips()) <= set(CLIPS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimiser(name: str) -> None:
    keys, optimizer = OPTIMIZERS[name]
    close(*trajectory(module_of(spec(name.split(maxsplit=1)[0], keys)), optimizer))


@pytest.mark.parametrize("name", CLIPS)
def test_clip(name: str) -> None:
    keys, clip = CLIPS[name]
    found, wanted = trajectory(module_of(spec("sgd", f"lr: 0.3, {keys}")), lambda p: torch.optim.SGD(p, lr=0.3), clip)
    close(found, wanted)


def test_decay_leaves_the_biases_alone() -> None:
    """PyTorch decays every parameter; symbp those with two or more axes, as its documentation says."""
    text = NETWORK.replace("units: 3, bias: false", "units: 3")
    module = module_of(
        f"{text}train: {{optimizer: {{type: adamw, lr: 0.05, weight_decay: 0.1}}, epochs: 1, batch_size: 8, seed: 0}}"
    )
    rng = np.random.default_rng(22)
    theta, x, t = rng.normal(size=size(module)), rng.normal(size=(8, 5)), rng.integers(0, 3, 8)
    net = module.Network(0)
    net.theta = theta
    p = {label: torch.tensor(array.copy(), requires_grad=True) for label, array in views(module, theta).items()}
    weights, biases = [v for v in p.values() if v.ndim > 1], [v for v in p.values() if v.ndim == 1]
    algorithm = torch.optim.AdamW(
        [{"params": weights, "weight_decay": 0.1}, {"params": biases, "weight_decay": 0.0}], lr=0.05
    )
    for _ in range(STEPS):
        algorithm.zero_grad()
        y = torch.tanh(torch.tensor(x) @ p["a.W"]) @ p["b.W"] + p["b.b"]
        F.cross_entropy(y, torch.tensor(t)).backward()
        algorithm.step()
        net.step(x, t)
    close(net.theta, np.concatenate([leaf.detach().numpy().ravel() for leaf in p.values()]))


S = torch.optim.lr_scheduler
TOTAL = 40
SCHEDULES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "constant": ("", lambda o: S.ConstantLR(o, factor=1.0)),
    "step": ("step_size: 7, gamma: 0.3", lambda o: S.StepLR(o, step_size=7, gamma=0.3)),
    "exponential": ("gamma: 0.9", lambda o: S.ExponentialLR(o, gamma=0.9)),
    "cosine": ("final: 0.01", lambda o: S.CosineAnnealingLR(o, T_max=TOTAL, eta_min=0.01)),
    "warmup": ("steps: 8", lambda o: S.LinearLR(o, start_factor=1 / 8, total_iters=7)),
    "one_cycle": (
        "pct_start: 0.25, div_factor: 20, final_div_factor: 1000",
        lambda o: S.OneCycleLR(o, 0.3, TOTAL, pct_start=0.25, div_factor=20, final_div_factor=1000),
    ),
}


def test_every_schedule_has_an_oracle() -> None:
    assert set(registry.schedules()) <= set(SCHEDULES)


@pytest.mark.filterwarnings("ignore:.*lr_scheduler.step:UserWarning")
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(name: str) -> None:
    keys, scheduler = SCHEDULES[name]
    entry = f"{{type: {name}, {keys}}}" if keys else f"{{type: {name}}}"
    module = module_of(spec("sgd", f"lr: 0.3, schedule: {entry}"))
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    rates = scheduler(optimizer)
    wanted = []
    for _ in range(TOTAL):
        wanted.append(optimizer.param_groups[0]["lr"])
        rates.step()
    close([module.learning_rate(k, TOTAL) for k in range(TOTAL)], wanted)
