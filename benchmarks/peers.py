"""The same training step four ways.  A peer is built from a `Work` and gives a function step(x, y) -> loss."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.works import Work
from symbp import compiler
from symbp.spec.load import load

Step = Callable[[Any, Any], Any]


class SkippedError(Exception):
    """A peer whose library is not installed."""


def generated(work: Work, level: int = compiler.DEFAULT) -> Step:
    """The module that symbp generates."""
    made = compiler.compile_spec(load(work.spec), level)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{work.name}_{level}.py"
        path.write_text(made.module, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    net = module.Network(seed=0)
    for mine, start in zip(net.parameters.values(), work.parameters(), strict=True):
        mine[...] = start
    step: Step = net.step
    return step


def simplest(work: Work) -> Step:
    """The module of --optimize 0."""
    return generated(work, compiler.SIMPLEST)


class _ByHand:
    """Plain NumPy as a careful person writes it: in place where that is easy, no allocation plan."""

    def __init__(self, work: Work) -> None:
        self.work, self.theta, self.k = work, work.parameters(), 0
        self.m = [np.zeros_like(p) for p in self.theta]
        self.v = [np.zeros_like(p) for p in self.theta]

    def activate(self, z: Any, kind: str) -> Any:
        if kind == "relu":
            return np.maximum(z, 0, out=z)
        if kind == "tanh":
            return np.tanh(z, out=z)
        return 1 / (1 + np.exp(-z)) if kind == "sigmoid" else z

    def slope(self, a: Any, kind: str) -> Any:
        return {
            "relu": lambda: a > 0,
            "tanh": lambda: 1 - a * a,
            "sigmoid": lambda: a * (1 - a),
            "identity": lambda: 1.0,
        }[kind]()

    def loss(self, a: Any, y: Any) -> tuple[Any, Any]:
        """The loss and its gradient in the last activation."""
        n = len(y)
        if self.work.loss == "mse":
            d = a - y
            return float(np.vdot(d, d)) / d.size, d * np.float32(2 / d.size)
        if self.work.loss == "binary_cross_entropy":
            loss = float((np.maximum(a, 0) - a * y + np.log1p(np.exp(-np.abs(a)))).mean())
            return loss, (1 / (1 + np.exp(-a)) - y) / np.float32(a.size)
        a = a - a.max(axis=1, keepdims=True)
        e = np.exp(a)
        s = e.sum(axis=1, keepdims=True)
        rows = np.arange(n)
        loss = float((np.log(s[:, 0]) - a[rows, y]).mean())
        e /= s
        e[rows, y] -= 1
        e /= n
        return loss, e

    def step(self, x: Any, y: Any) -> float:
        work, acts = self.work, [x]
        last = len(self.theta) // 2 - 1
        for k in range(last + 1):
            z = acts[-1] @ self.theta[2 * k] + self.theta[2 * k + 1]
            acts.append(self.activate(z, work.last if k == last else work.hidden))
        loss, d = self.loss(acts[-1], y)
        grads: list[Any] = [None] * len(self.theta)
        for k in range(last, -1, -1):
            d = d * self.slope(acts[k + 1], work.last if k == last else work.hidden)
            grads[2 * k], grads[2 * k + 1] = acts[k].T @ d, d.sum(axis=0)
            d = d @ self.theta[2 * k].T if k else d
        self.update(grads)
        return loss

    def update(self, grads: list[Any]) -> None:
        lr, self.k, work_is_sgd = self.work.lr, self.k + 1, self.work.optimizer == "sgd"
        for w, g, m, v in zip(self.theta, grads, self.m, self.v, strict=True):
            if work_is_sgd:
                np.subtract(w, lr * g, out=w)
                continue
            np.add(m, 0.1 * (g - m), out=m)
            np.add(v, 0.001 * (g * g - v), out=v)
            np.subtract(w, lr / (1 - 0.9**self.k) * m / (np.sqrt(v / (1 - 0.999**self.k)) + 1e-8), out=w)


def by_hand(work: Work) -> Step:
    return _ByHand(work).step


def torch_eager(work: Work) -> Step:
    """PyTorch as usually written, one thread, tensors made beforehand from the same memory."""
    try:
        import torch  # noqa: PLC0415 (an optional peer)
    except ImportError as error:
        raise SkippedError(str(error)) from None
    torch.set_num_threads(1)
    kinds = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "identity": lambda z: z}
    theta = [torch.tensor(p, requires_grad=True) for p in work.parameters()]
    functions = torch.nn.functional
    loss_of = {
        "mse": functions.mse_loss,
        "binary_cross_entropy": functions.binary_cross_entropy_with_logits,
        "cross_entropy": functions.cross_entropy,
    }[work.loss]
    optimizer: Any = (torch.optim.SGD if work.optimizer == "sgd" else torch.optim.Adam)(theta, lr=work.lr)
    last = len(theta) // 2 - 1

    def step(x: Any, y: Any) -> Any:
        a = torch.from_numpy(x)
        for k in range(last + 1):
            a = kinds[work.last if k == last else work.hidden](a @ theta[2 * k] + theta[2 * k + 1])
        loss = loss_of(a, torch.from_numpy(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


PEERS: dict[str, Callable[[Work], Step]] = {
    "symbp": generated,
    "symbp -O0": simplest,
    "numpy by hand": by_hand,
    "torch": torch_eager,
}
