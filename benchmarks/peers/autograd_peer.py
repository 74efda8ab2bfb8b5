"""HIPS autograd: NumPy code that is traced and differentiated in every step, the update in place, array by array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad

from benchmarks import data
from benchmarks.data import Array
from benchmarks.stepper import Stepper
from benchmarks.works import Work

Loss = Callable[[Any, Any, Any], Any]


def sigmoid(z: Any) -> Any:
    return 0.5 * (anp.tanh(0.5 * z) + 1)


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": anp.tanh,
    "sigmoid": sigmoid,
    "relu": lambda z: anp.maximum(z, 0),
    "identity": lambda z: z,
}


def cross_entropy(z: Any, y: Array) -> Any:
    z = z - anp.max(z, axis=1, keepdims=True)
    sums = anp.log(anp.sum(anp.exp(z), axis=1))
    return anp.mean(sums - z[np.arange(len(y)), y])


def dense(work: Work) -> Loss:
    c = work.cfg
    hidden, out, last = ACTIVATIONS[c["hidden"]], ACTIVATIONS[c["out"]], len(c["sizes"]) - 2

    def f(p: Any, x: Any, y: Any) -> Any:
        for k in range(last + 1):
            x = anp.dot(x, p[2 * k]) + p[2 * k + 1]
            x = hidden(x) if k < last else x
        if c["loss"] == "binary_cross_entropy":
            q = out(x)
            return -anp.mean(y * anp.log(q) + (1 - y) * anp.log(1 - q))
        return anp.mean((out(x) - y) ** 2) if c["loss"] == "mse" else cross_entropy(x, y)

    return f


def looked_up(table: Any, x: Array) -> Any:
    """Rows of a table, step after step, as a product with a matrix of 0 and 1: the gradient of an index is slow."""
    hot = np.zeros((x.size, table.shape[0]), np.float32)
    hot[np.arange(x.size), x.T.ravel()] = 1
    return anp.dot(hot, table)


def lstm(work: Work) -> Loss:
    units, steps = work.cfg["hidden"], work.cfg["T"]

    def f(p: Any, x: Any, y: Any) -> Any:
        table, wx, wh, b, wo, bo = p
        n = x.shape[0]
        inputs = anp.reshape(anp.dot(looked_up(table, x), wx) + b, (steps, n, 4 * units))
        h = c = np.zeros((n, units), np.float32)
        hs = []
        for t in range(steps):
            z = inputs[t] + anp.dot(h, wh)
            i, forget, g, o = (z[:, k * units : (k + 1) * units] for k in range(4))
            c = sigmoid(forget) * c + sigmoid(i) * anp.tanh(g)
            h = sigmoid(o) * anp.tanh(c)
            hs.append(h)
        return cross_entropy(anp.dot(anp.concatenate(hs), wo) + bo, y.T.ravel())

    return f


def gru(work: Work) -> Loss:
    units, steps = work.cfg["hidden"], work.cfg["T"]

    def f(p: Any, x: Any, y: Any) -> Any:
        table, wx, wh, w1, b1, wo, bo = p
        n = x.shape[0]
        inputs = anp.reshape(anp.dot(looked_up(table, x), wx), (steps, n, 3 * units))
        h, hs = np.zeros((n, units), np.float32), []
        for t in range(steps):
            q = anp.dot(h, wh)
            (xr, xz, xn), (hr, hz, hn) = ([a[:, k * units : (k + 1) * units] for k in range(3)] for a in (inputs[t], q))
            r, u = sigmoid(xr + hr), sigmoid(xz + hz)
            h = (1 - u) * anp.tanh(xn + r * hn) + u * h
            hs.append(h)
        hidden = anp.tanh(anp.dot(anp.concatenate(hs), w1) + b1)
        return cross_entropy(anp.dot(hidden, wo) + bo, y.T.ravel())

    return f


def norm(x: Any, g: Any, b: Any, eps: float) -> Any:
    x = x - anp.mean(x, -1, keepdims=True)
    return x / anp.sqrt(anp.mean(x * x, -1, keepdims=True) + eps) * g + b


def gelu(x: Any) -> Any:
    return 0.5 * x * (1 + anp.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


def attention(work: Work) -> Loss:
    heads, eps = work.cfg["heads"], work.cfg["norm_eps"]

    def f(p: Any, x: Any, y: Any) -> Any:
        g1, e1, wqkv, wp, bp, g2, e2, w1, c1, w2, c2, wo, bo = p
        b, t, d = x.shape
        x = anp.reshape(x, (b * t, d))
        qkv = anp.reshape(anp.dot(norm(x, g1, e1, eps), wqkv), (b, t, 3, heads, d // heads))
        q, k, v = (anp.transpose(qkv[:, :, j], (0, 2, 1, 3)) for j in range(3))
        s = anp.matmul(q, anp.transpose(k, (0, 1, 3, 2))) * np.float32((d // heads) ** -0.5)
        s = anp.exp(s - anp.max(s, -1, keepdims=True))
        a = anp.matmul(s / anp.sum(s, -1, keepdims=True), v)
        x = x + anp.dot(anp.reshape(anp.transpose(a, (0, 2, 1, 3)), (b * t, d)), wp) + bp
        x = x + anp.dot(gelu(anp.dot(norm(x, g2, e2, eps), w1) + c1), w2) + c2
        return cross_entropy(anp.dot(x, wo) + bo, y.ravel())

    return f


LOSSES: dict[str, Callable[[Work], Loss]] = {"dense": dense, "lstm": lstm, "gru": gru, "attention": attention}


class Autograd(Stepper):
    def __init__(self, work: Work) -> None:
        self.work = work
        self.traced = value_and_grad(LOSSES[work.family](work))
        self.data = data.batches(work)
        self.reset()

    def reset(self) -> None:
        self.p = [a.copy() for _, a in data.parameters(self.work)]
        self.m, self.v = ([np.zeros_like(a) for a in self.p] for _ in range(2))
        self.t = 0

    def step(self, i: int) -> Any:
        x, y = self.data[i % len(self.data)]
        loss, g = self.traced(self.p, x, y)
        self.t += 1
        for p, m, v, d in zip(self.p, self.m, self.v, g, strict=True):
            self.update(p, m, v, d)
        return loss

    def update(self, p: Array, m: Array, v: Array, d: Array) -> None:
        work = self.work
        if work.optimizer == "sgd":
            p -= work.lr * d
        elif work.optimizer == "momentum":
            m *= work.momentum
            m += d
            p -= work.lr * m
        else:
            c1, c2 = 1 - work.beta1**self.t, 1 - work.beta2**self.t
            m *= work.beta1
            m += (1 - work.beta1) * d
            v *= work.beta2
            v += (1 - work.beta2) * d * d
            p -= (work.lr / c1) * m / (np.sqrt(v) * (c2**-0.5) + work.eps)

    def params(self) -> list[Array]:
        return [a.copy() for a in self.p]


def supports(work: Work, part: str) -> str | None:
    return None if work.family in LOSSES else "no convolution that anyone would use"


def build(work: Work, threads: int, part: str) -> Stepper:
    return Autograd(work)
