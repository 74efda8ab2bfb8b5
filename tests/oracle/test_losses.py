"""Every loss with its variants against PyTorch, or against its definition where PyTorch has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbp.library import registry
from tests.coverage.table import rows

from .generated import close, module_of, size, views

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
F = torch.nn.functional
Tensor = Any
RNG = np.random.default_rng(11)
N, M = 6, 4

REAL = RNG.normal(size=(N, M))
LABELS = RNG.integers(0, M, N)
IGNORING = np.where([True, False, True, True, False, True], LABELS, -100)
ONE_HOT = np.eye(M)[LABELS]
SHARES = RNG.dirichlet(np.ones(M), N)
ZERO_SHARES = np.where(SHARES < 0.2, 0.0, SHARES) / np.where(SHARES < 0.2, 0.0, SHARES).sum(axis=1, keepdims=True)
UNIT = RNG.uniform(size=(N, M))
SIGNS = RNG.choice([-1.0, 1.0], (N, M))
COUNTS = RNG.poisson(3.0, (N, M)).astype(float)
WEIGHTS = [0.5, 2.0, 1.0, 0.25]
WEIGHT = torch.tensor(WEIGHTS, dtype=torch.float64)
W = f"class_weights: {WEIGHTS}"

Case = tuple[str, str, Any, Callable[[Tensor, Tensor], Tensor]]


def weighted(y: Tensor, t: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of one-hot targets as the weighted mean that integer labels have."""
    return -((WEIGHT * t * F.log_softmax(y, dim=-1)).sum(dim=-1) / WEIGHT[labels].sum()).sum()


# A name, the keys in a spec, what stands in front of the loss, the targets, and the same loss in PyTorch.
CASES: dict[str, Case] = {
    "mse": ("", "", REAL, F.mse_loss),
    "half_squared_error": ("", "", REAL, lambda y, t: ((y - t) ** 2).sum() / (2 * N)),
    "mae": ("", "", REAL, F.l1_loss),
    "huber": ("delta: 0.7", "", REAL, lambda y, t: F.huber_loss(y, t, delta=0.7)),
    "smooth_l1": ("beta: 0.6", "", REAL, lambda y, t: F.smooth_l1_loss(y, t, beta=0.6)),
    "cross_entropy": ("", "", LABELS, F.cross_entropy),
    "cross_entropy one-hot": ("labels: one_hot", "", ONE_HOT, F.cross_entropy),
    "cross_entropy shares": ("labels: probabilities", "", SHARES, F.cross_entropy),
    "cross_entropy smoothed": (
        "label_smoothing: 0.1",
        "",
        LABELS,
        lambda y, t: F.cross_entropy(y, t, label_smoothing=0.1),
    ),
    "cross_entropy smoothed one-hot": (
        "labels: one_hot, label_smoothing: 0.1",
        "",
        ONE_HOT,
        lambda y, t: F.cross_entropy(y, t, label_smoothing=0.1),
    ),
    "cross_entropy weighted": (W, "", LABELS, lambda y, t: F.cross_entropy(y, t, weight=WEIGHT)),
    "cross_entropy weighted one-hot": (
        f"labels: one_hot, {W}",
        "",
        ONE_HOT,
        lambda y, t: weighted(y, t, torch.tensor(LABELS)),
    ),
    "cross_entropy weighted shares": (
        f"labels: probabilities, {W}",
        "",
        SHARES,
        lambda y, t: F.cross_entropy(y, t, weight=WEIGHT),
    ),
    "cross_entropy weighted smoothed": (
        f"{W}, label_smoothing: 0.2",
        "",
        LABELS,
        lambda y, t: F.cross_entropy(y, t, weight=WEIGHT, label_smoothing=0.2),
    ),
    "cross_entropy ignoring": (
        "ignore_index: -100",
        "",
        IGNORING,
        lambda y, t: F.cross_entropy(y, t, ignore_index=-100),
    ),
    "cross_entropy ignoring a class": (
        "ignore_index: 0",
        "",
        LABELS,
        lambda y, t: F.cross_entropy(y, t, ignore_index=0),
    ),
    "cross_entropy ignoring weighted": (
        f"ignore_index: -100, {W}",
        "",
        IGNORING,
        lambda y, t: F.cross_entropy(y, t, weight=WEIGHT),
    ),
    "cross_entropy ignoring smoothed": (
        "ignore_index: -100, label_smoothing: 0.1",
        "",
        IGNORING,
        lambda y, t: F.cross_entropy(y, t, label_smoothing=0.1),
    ),
    "cross_entropy ignoring weighted smoothed": (
        f"ignore_index: -100, {W}, label_smoothing: 0.2",
        "",
        IGNORING,
        lambda y, t: F.cross_entropy(y, t, weight=WEIGHT, label_smoothing=0.2),
    ),
    "nll ignoring": ("ignore_index: -100", "log_softmax", IGNORING, F.nll_loss),
    "nll ignoring weighted": (
        f"ignore_index: 9, {W}",
        "log_softmax",
        np.where(IGNORING < 0, 9, LABELS),
        lambda y, t: F.nll_loss(y, t, weight=WEIGHT, ignore_index=9),
    ),
    "binary_cross_entropy": ("", "", UNIT, F.binary_cross_entropy_with_logits),
    "kl_divergence": ("", "softmax", SHARES, lambda y, t: F.kl_div(y.log(), t, reduction="batchmean")),
    "kl_divergence with zeros": ("", "softmax", ZERO_SHARES, lambda y, t: F.kl_div(y.log(), t, reduction="batchmean")),
    "nll": ("", "log_softmax", LABELS, F.nll_loss),
    "nll weighted": (W, "log_softmax", LABELS, lambda y, t: F.nll_loss(y, t, weight=WEIGHT)),
    "nll one-hot": ("labels: one_hot", "log_softmax", ONE_HOT, lambda y, t: -(t * y).sum() / N),
    "poisson_nll": ("", "", COUNTS, F.poisson_nll_loss),
    "poisson_nll of rates": (
        "log_input: false",
        "softmax",
        COUNTS,
        lambda y, t: F.poisson_nll_loss(y, t, log_input=False),
    ),
    "gaussian_nll": (
        "variance: 0.6",
        "",
        REAL,
        lambda y, t: F.gaussian_nll_loss(y, t, torch.full_like(y, 0.6)),
    ),
    "hinge": ("", "", SIGNS, lambda y, t: (1 - t * y).clamp(min=0).mean()),
    "squared_hinge": ("", "", SIGNS, lambda y, t: ((1 - t * y).clamp(min=0) ** 2).mean()),
    "cosine": ("", "", REAL, lambda y, t: (1 - F.cosine_similarity(y, t, dim=-1)).mean()),
}


def test_every_loss_has_an_oracle() -> None:
    """Here, or in the coverage of torch.nn."""
    covered = " ".join(row.here for row in rows().values())
    here = {name.split(maxsplit=1)[0] for name in CASES}
    assert {name for name in registry.losses() if f"{{type: {name}" not in covered} <= here


@pytest.mark.parametrize("name", CASES)
def test_loss(name: str) -> None:
    keys, front, target, function = CASES[name]
    layers = "  - {type: dense, name: a, units: 4}\n" + (f"  - {{type: {front}, name: s}}\n" if front else "")
    kind = name.split(maxsplit=1)[0]
    loss = f"{{type: {kind}, {keys}}}" if keys else f"{{type: {kind}}}"
    module = module_of(f"input: {{x: [3]}}\nlayers:\n{layers}loss: {loss}")
    rng = np.random.default_rng(12)
    theta, x = rng.normal(size=size(module)), rng.normal(size=(N, 3))
    p = {label: torch.tensor(array, requires_grad=True) for label, array in views(module, theta).items()}
    inputs = torch.tensor(x, requires_grad=True)
    y = inputs @ p["a.W"] + p["a.b"]
    wanted = function(getattr(F, front)(y, dim=-1) if front else y, torch.tensor(target))
    wanted.backward()
    found, gradient = module.loss_and_grad(theta, x, target)
    close(found, wanted.item())
    close(gradient, np.concatenate([leaf.grad.numpy().ravel() for leaf in p.values()]))
    close(module.input_gradient(theta, x, target)["x"], inputs.grad.numpy())


@pytest.mark.parametrize("keys", ["l2: 0.3", "l1: 0.2", "l1: 0.2, l2: 0.3"])
def test_penalties(keys: str) -> None:
    """Over parameters with two or more axes; the biases are left out."""
    module = module_of(
        "input: {x: [3]}\nlayers:\n  - {type: dense, name: a, units: 4, activation: tanh}\n"
        f"  - {{type: dense, name: b, units: 2}}\nloss: {{type: mse, {keys}}}"
    )
    rng = np.random.default_rng(13)
    theta, x, t = rng.normal(size=size(module)), rng.normal(size=(N, 3)), rng.normal(size=(N, 2))
    p = {label: torch.tensor(array, requires_grad=True) for label, array in views(module, theta).items()}
    y = torch.tanh(torch.tensor(x) @ p["a.W"] + p["a.b"]) @ p["b.W"] + p["b.b"]
    wanted = F.mse_loss(y, torch.tensor(t))
    for label in ("a.W", "b.W"):
        if "l2" in keys:
            wanted = wanted + 0.15 * (p[label] ** 2).sum()
        if "l1" in keys:
            wanted = wanted + 0.2 * p[label].abs().sum()
    wanted.backward()
    found, gradient = module.loss_and_grad(theta, x, t)
    close(found, wanted.item())
    close(gradient, np.concatenate([leaf.grad.numpy().ravel() for leaf in p.values()]))
