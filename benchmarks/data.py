"""The first parameters and the batches of a work: the same numbers for every peer, in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.works import XOR, Work

Array = NDArray[Any]
Named = list[tuple[str, Array]]
Batches = list[tuple[Array, Array]]
F = np.float32


class _Draw:
    """Draws of parameters from one stream."""

    def __init__(self, work: Work) -> None:
        self.rng = _rng(work, 1)

    def bias(self, n: int) -> Array:
        return self.rng.uniform(-0.05, 0.05, n).astype(F)

    def glorot(self, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        a = np.sqrt(6.0 / (fan_in + fan_out))
        return self.rng.uniform(-a, a, shape).astype(F)

    def matrix(self, i: int, o: int, gates: int = 1) -> Array:
        """Weights [i, gates*o]; the gates lie side by side."""
        return self.glorot((i, gates * o), i, gates * o)

    def table(self, rows: int, columns: int) -> Array:
        return (self.rng.standard_normal((rows, columns)) * 0.5).astype(F)


def _rng(work: Work, salt: int) -> np.random.Generator:
    return np.random.default_rng([sum(map(ord, work.name)), salt])


def parameters(work: Work) -> Named:
    """The first parameters in order: dense W[in, out], convolutions K[out, in, ...], gates i f g o or r z n."""
    return _PARAMETERS[work.family](work.cfg, _Draw(work))


def _dense(c: Any, draw: _Draw) -> Named:
    found: Named = []
    for k, (i, o) in enumerate(zip(c["sizes"][:-1], c["sizes"][1:], strict=True), 1):
        found += [(f"W{k}", draw.matrix(i, o)), (f"b{k}", draw.bias(o))]
    return found


def _conv(c: Any, draw: _Draw) -> Named:
    found: Named = []
    for kind, *shape in c["layers"]:
        k = len(found) // 2 + 1
        if kind == "conv":
            i, o, n, _ = shape
            found += [(f"W{k}", draw.glorot((o, i, n, n), i * n * n, o * n * n)), (f"b{k}", draw.bias(o))]
        elif kind == "dense":
            found += [(f"W{k}", draw.matrix(*shape)), (f"b{k}", draw.bias(shape[1]))]
    return found


def _lstm(c: Any, draw: _Draw) -> Named:
    v, e, h = c["vocab"], c["emb"], c["hidden"]
    b = draw.bias(4 * h)
    b[h : 2 * h] += 1.0
    return [
        ("E", draw.table(v, e)), ("Wx", draw.matrix(e, h, 4)), ("Wh", draw.matrix(h, h, 4)), ("b", b),
        ("Wo", draw.matrix(h, v)), ("bo", draw.bias(v)),
    ]  # fmt: skip


def _attention(c: Any, draw: _Draw) -> Named:
    d, m, k = c["d"], c["mlp"], c["classes"]
    return [
        ("g1", 1 + draw.bias(d)), ("e1", draw.bias(d)), ("Wqkv", draw.glorot((d, 3 * d), d, d)),
        ("Wp", draw.matrix(d, d)), ("bp", draw.bias(d)), ("g2", 1 + draw.bias(d)), ("e2", draw.bias(d)),
        ("W1", draw.matrix(d, m)), ("c1", draw.bias(m)), ("W2", draw.matrix(m, d)), ("c2", draw.bias(d)),
        ("Wo", draw.matrix(d, k)), ("bo", draw.bias(k)),
    ]  # fmt: skip


def _gru(c: Any, draw: _Draw) -> Named:
    v, e, h, m, k = c["vocab"], c["emb"], c["hidden"], c["dense"], c["tags"]
    return [
        ("E", draw.table(v, e)), ("Wx", draw.matrix(e, h, 3)), ("Wh", draw.matrix(h, h, 3)),
        ("W1", draw.matrix(h, m)), ("b1", draw.bias(m)), ("Wo", draw.matrix(m, k)), ("bo", draw.bias(k)),
    ]  # fmt: skip


def _resnet(c: Any, draw: _Draw) -> Named:
    found: Named = []
    for name, i, o, n, _ in c["convs"]:
        found += [(f"K_{name}", draw.glorot((o, i, n), i * n, o * n)), (f"b_{name}", draw.bias(o))]
    last = c["convs"][-1][2]
    return [*found, ("Wo", draw.matrix(last, c["classes"])), ("bo", draw.bias(c["classes"]))]


_PARAMETERS: dict[str, Callable[[Any, _Draw], Named]] = {
    "dense": _dense, "conv": _conv, "lstm": _lstm, "attention": _attention, "gru": _gru, "resnet": _resnet,
}  # fmt: skip


def batches(work: Work) -> Batches:
    """Pairs (x, y): float32 or int64 tokens; int64 labels, or float32 targets for mse and binary_cross_entropy."""
    if work is XOR:
        return [(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], F), np.array([[0], [1], [1], [0]], F))]
    return _BATCHES[work.family](work, _rng(work, 2))


def _rows(work: Work, rng: np.random.Generator) -> Batches:
    i, o = work.cfg["sizes"][0], work.cfg["sizes"][-1]
    means, found = rng.standard_normal((o, i)) * 0.3, []
    for _ in range(work.batches):
        y: Array = rng.integers(0, o, work.batch)
        x = (means[y] + rng.standard_normal((work.batch, i)) * 0.5).astype(F)
        if work.cfg["loss"] == "mse":
            x, y = np.clip(x, 0, 1), np.eye(o, dtype=F)[y]
        found.append((np.ascontiguousarray(x), y))
    return found


def _maps(work: Work, rng: np.random.Generator, shape: tuple[int, ...], classes: int) -> Batches:
    """Noise around one picture, or one sequence, of each class."""
    means, found = rng.standard_normal((classes, *shape)) * 0.3, []
    for _ in range(work.batches):
        y = rng.integers(0, classes, work.batch)
        found.append(((means[y] + rng.standard_normal((work.batch, *shape)) * 0.5).astype(F), y))
    return found


def _characters(work: Work, rng: np.random.Generator) -> Batches:
    """A noisy walk along a permutation; to be told is the next token."""
    v, length, n, found = work.cfg["vocab"], work.cfg["T"], work.batch, []
    following = rng.permutation(v)
    for _ in range(work.batches):
        s = rng.integers(0, v, (n, length + 1))
        keep = rng.random((n, length)) < 0.7
        for t in range(length):
            s[:, t + 1] = np.where(keep[:, t], following[s[:, t]], s[:, t + 1])
        found.append((np.ascontiguousarray(s[:, :-1]), np.ascontiguousarray(s[:, 1:])))
    return found


def _steps(work: Work, rng: np.random.Generator) -> Batches:
    """To be told is the class whose mean the step after shows."""
    d, length, k, found = work.cfg["d"], work.cfg["T"], work.cfg["classes"], []
    means = rng.standard_normal((k, d)) * 0.4
    for _ in range(work.batches):
        y = rng.integers(0, k, (work.batch, length))
        x = means[np.roll(y, 1, axis=1)] + rng.standard_normal((work.batch, length, d)) * 0.5
        found.append((x.astype(F), y))
    return found


def _tags(work: Work, rng: np.random.Generator) -> Batches:
    """A tag depends on its token and on the one before."""
    v, length, k, found = work.cfg["vocab"], work.cfg["T"], work.cfg["tags"], []
    kind = rng.integers(0, k, v)
    for _ in range(work.batches):
        x = rng.integers(0, v, (work.batch, length))
        y = (kind[x] + (kind[np.roll(x, 1, axis=1)] > k // 2)) % k
        found.append((x, y))
    return found


_BATCHES: dict[str, Callable[[Work, np.random.Generator], Batches]] = {
    "dense": _rows,
    "conv": lambda work, rng: _maps(work, rng, work.cfg["image"], 10),
    "lstm": _characters,
    "attention": _steps,
    "gru": _tags,
    "resnet": lambda work, rng: _maps(work, rng, (work.cfg["T"], work.cfg["channels"]), work.cfg["classes"]),
}
