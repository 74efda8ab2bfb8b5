"""The CTC loss against the sum over all paths, written out, and against PyTorch."""

from __future__ import annotations

from itertools import groupby, product
from typing import Any

import numpy as np
import pytest

from symbp.compiler import DEFAULT, SIMPLEST, generate
from symbp.spec.load import loads

from .generated import close, module_of, size

LEVELS = pytest.mark.parametrize("level", [SIMPLEST, DEFAULT])
STEPS = np.array([5, 4, 3, 5])
LABELS = np.array([2, 1, 0, 2])
TARGETS = np.array([[1, 1], [2, 0], [0, 0], [2, 1]])


def text(steps: str = "5", more: str = "") -> str:
    sizes = "sizes: {T: any}\n" if steps == "T" else ""
    layers = "layers:\n  - {type: dense, name: a, units: 3}\n  - {type: log_softmax}\n"
    return f"{sizes}input: {{x: [{steps}, 2]}}\n{layers}loss: {{type: ctc, length: 2{more}}}"


def spelled(path: tuple[int, ...]) -> tuple[int, ...]:
    """Repetitions joined, blanks left out."""
    return tuple(label for label, _ in groupby(path) if label != 0)


def by_paths(y: Any) -> float:
    """The mean over samples of minus the logarithm of the probability, by the number of labels."""
    total = 0.0
    for row, steps, count, target in zip(y, STEPS, LABELS, TARGETS, strict=True):
        paths = (p for p in product(range(3), repeat=int(steps)) if spelled(p) == tuple(target[:count]))
        total -= np.log(sum(np.exp(row[np.arange(steps), list(p)].sum()) for p in paths)) / max(1, count)
    return float(total / len(y))


@LEVELS
@pytest.mark.parametrize("steps", ["5", "T"])
def test_it_is_the_sum_over_all_paths(steps: str, level: int) -> None:
    module = module_of(text(steps), level)
    rng = np.random.default_rng(2)
    x, theta = rng.normal(size=(4, 5, 2)), rng.normal(size=size(module))
    z = x @ theta[:6].reshape(2, 3) + theta[6:]
    y = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    found, _ = module.loss_and_grad(theta, x, {"y": TARGETS, "steps": STEPS, "labels": LABELS})
    assert found == pytest.approx(by_paths(y), rel=1e-12)


@LEVELS
def test_too_few_steps(level: int) -> None:
    """Two equal labels need three steps: with zero_infinity such a sample counts as 0."""
    module = module_of(text("5", ", zero_infinity: true"), level)
    rng = np.random.default_rng(4)
    x, theta = rng.normal(size=(2, 5, 2)), rng.normal(size=size(module))
    y = {"y": np.array([[1, 1], [1, 2]]), "steps": np.array([2, 2]), "labels": np.array([2, 2])}
    found, gradient = module.loss_and_grad(theta, x, y)
    alone = {name: array[1:] for name, array in y.items()}
    wanted, slope = module.loss_and_grad(theta, x[1:], alone)
    assert found == pytest.approx(wanted / 2, rel=1e-12)
    close(gradient, slope / 2, 1e-12)


@LEVELS
def test_it_is_generated_and_verified(level: int) -> None:
    _, verdict = generate(loads(f"symbp: 1\nname: ctc\n{text('T')}\n", "ctc.yaml"), level)
    assert verdict.passed


@LEVELS
def test_agrees_with_torch_where_blanks_are_the_last_class(level: int) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle here: make test TORCH=1")
    module = module_of(text("5", ", blank: 2"), level)
    rng = np.random.default_rng(6)
    x, theta = rng.normal(size=(4, 5, 2)), torch.tensor(rng.normal(size=size(module)), requires_grad=True)
    targets = np.array([[1, 1], [0, 0], [0, 0], [0, 1]])
    z = torch.tensor(x) @ theta[:6].reshape(2, 3) + theta[6:]
    given = [torch.tensor(array) for array in (targets, STEPS, LABELS)]
    loss = torch.nn.CTCLoss(blank=2)(z.log_softmax(-1).transpose(0, 1), *given)
    loss.backward()
    found, gradient = module.loss_and_grad(
        theta.detach().numpy(), x, {"y": targets, "steps": STEPS, "labels": LABELS}
    )
    assert found == pytest.approx(loss.item(), rel=1e-12)
    close(gradient, theta.grad.numpy(), 1e-11)
