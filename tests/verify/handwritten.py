"""A small module written by hand against the same contract as the generated ones: a chain of dense layers.

It lets the checks be tested without the compiler.  `chain(widths, activation)` gives its text.
"""

from __future__ import annotations

from itertools import pairwise

ACTIVATIONS = {
    "relu": ("np.where(z.real > 0, z, 0.0)", "(a.real > 0)"),
    "tanh": ("np.tanh(z)", "(1 - a**2)"),
    "sigmoid": ("1 / (1 + np.exp(-z))", "a * (1 - a)"),
}

TEXT = """
import numpy as np

PARAMETERS = {parameters!r}
INPUTS = {{"x": ({inputs},)}}
INPUT_KINDS = {{"x": "real"}}
TARGET = {{"name": "t", "shape": (), "kind": "labels", "classes": {classes}}}
DEPTH = {depth}


def unpack(theta):
    out, at = {{}}, 0
    for label, shape in PARAMETERS.items():
        end = at + int(np.prod(shape))
        out[label] = theta[at:end].reshape(shape)
        at = end
    return out


def core(theta, x, t):
    p, grad = unpack(theta), np.empty_like(theta)
    g, n, kept = unpack(grad), len(x), [np.asarray(x).astype(theta.dtype)]
    for k in range(1, DEPTH + 1):
        z = kept[-1] @ p[f"fc{{k}}.W"] + p[f"fc{{k}}.b"]
        kept.append(z if k == DEPTH else {activation})
    rows = np.arange(n)
    z = z - z.real.max(axis=1, keepdims=True)
    e = np.exp(z)
    s = e.sum(axis=1, keepdims=True)
    loss = (np.log(s[:, 0]) - z[rows, t]).mean()
    dz = e / s
    dz[rows, t] -= 1
    dz /= n
    for k in range(DEPTH, 0, -1):
        a = kept[k - 1]
        g[f"fc{{k}}.W"][...] = a.T @ dz
        g[f"fc{{k}}.b"][...] = dz.sum(axis=0)
        dz = dz @ p[f"fc{{k}}.W"].T
        if k > 1:
            dz = dz * {slope}
    return loss, grad, dz


def loss_and_grad(theta, x, y=None):
    loss, grad, _ = core(np.asarray(theta), x, y)
    return (loss if np.iscomplexobj(theta) else float(loss)), grad


def input_gradient(theta, x, y=None):
    return {{"x": core(np.asarray(theta), x, y)[2]}}


def learning_rate(k, total):
    return 0.1 * 0.9**k


class Network:
    def __init__(self, seed=0, *, dtype="float32"):
        size = sum(int(np.prod(shape)) for shape in PARAMETERS.values())
        self.theta = np.zeros(size, dtype)
        self.parameters = unpack(self.theta)
        rng = np.random.default_rng(seed)
        for k in range(1, DEPTH + 1):
            weight = self.parameters[f"fc{{k}}.W"]
            weight[...] = rng.uniform(-1, 1, weight.shape) * np.sqrt(6 / sum(weight.shape))
        self.gradient = np.zeros_like(self.theta)
        self.gradients = unpack(self.gradient)
        self.total_steps, self.done, self.history = 1, 0, []
        self.v = np.zeros_like(self.theta)

    def loss_and_grad(self, x, y):
        loss, grad = loss_and_grad(self.theta, x, y)
        self.gradient[...] = grad
        return loss, self.gradient

    def input_gradient(self, x, y):
        return input_gradient(self.theta, x, y)["x"]

    def step(self, x, y):
        loss, grad = self.loss_and_grad(x, y)
        norm = np.sqrt((grad**2).sum())
        grad = grad * min(1.0, 0.5 / (norm + 1e-6))
        self.v = 0.8 * self.v + grad
        self.theta -= self.theta.dtype.type(learning_rate(self.done, self.total_steps)) * self.v
        self.done += 1
        return loss

    def fit(self, x, y, *, epochs, batch_size, **options):
        self.total_steps = self.done + epochs * -(-len(x) // batch_size)
        for epoch in range(epochs):
            total = 0.0
            order = np.random.default_rng(epoch).permutation(len(x)) if options["shuffle"] else np.arange(len(x))
            x, y = x[order], y[order]
            for at in range(0, len(x), batch_size):
                rows = slice(at, at + batch_size)
                total += self.step(x[rows], y[rows]) * len(x[rows])
            self.history.append({{"loss": total / len(x)}})
        return self

    def logits(self, x):
        p, a = self.parameters, x
        for k in range(1, DEPTH + 1):
            z = a @ p[f"fc{{k}}.W"] + p[f"fc{{k}}.b"]
            a = {activation}
        return z

    def predict(self, x):
        return self.logits(x).argmax(axis=1)

    def predict_proba(self, x):
        e = np.exp(self.logits(x))
        return e / e.sum(axis=1, keepdims=True)

    def evaluate(self, x, y):
        return loss_and_grad(self.theta, x, y)[0], self.score(x, y)

    def score(self, x, y):
        return float((self.predict(x) == y).mean())
"""


SPEC = """
symbp: 1
name: chain
input: {{x: [{inputs}]}}
layers:
{layers}
loss: {{type: cross_entropy, labels: integer}}
train:
  optimizer: {{type: momentum, lr: 0.1, momentum: 0.8, clip_norm: 0.5, schedule: {{type: exponential, gamma: 0.9}}}}
  epochs: 1
  batch_size: 2
  seed: 0
"""


def spec(widths: tuple[int, ...], activation: str = "relu") -> str:
    """The spec that `chain` carries out."""
    layers = [
        f"  - {{type: dense, name: fc{k}, units: {units}, activation: {activation}}}" for k, units in enumerate(widths)
    ]
    layers[-1] = layers[-1].replace(f", activation: {activation}", "")
    return SPEC.format(inputs=widths[0], layers="\n".join(layers[1:]))


def chain(widths: tuple[int, ...], activation: str = "relu") -> str:
    """The text of a module for a chain of dense layers of these widths, with cross-entropy of integer labels."""
    parameters: dict[str, tuple[int, ...]] = {}
    for k, (i, j) in enumerate(pairwise(widths), start=1):
        parameters[f"fc{k}.W"] = (i, j)
        parameters[f"fc{k}.b"] = (j,)
    forward, slope = ACTIVATIONS[activation]
    return TEXT.format(
        parameters=parameters,
        inputs=widths[0],
        classes=widths[-1],
        depth=len(widths) - 1,
        activation=forward,
        slope=slope,
    )
