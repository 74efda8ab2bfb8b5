"""One flat vector of parameters, the optimisers over it in cache-sized blocks, softmax cross-entropy in place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.data import Array, Named
from benchmarks.works import Work

F = np.float32
ALIGN = 16  # floats: every tensor starts on a cache line
BLOCK = 65536  # floats: one block of the optimiser's passes


def scalar(value: float) -> Array:
    """A float32 of no dimensions: a ufunc takes it faster than a Python float, and it can be filled again in place."""
    return np.array(value, F)


def empty(*shape: int, fill: float | None = None) -> Array:
    """Zeros, or `fill`, that begin on a cache line."""
    n = int(np.prod(shape)) if shape else 1
    raw = np.zeros(n + ALIGN, F)
    offset = (-raw.ctypes.data // 4) % ALIGN
    a = raw[offset : offset + n].reshape(shape)
    if fill is not None:
        a.fill(fill)
    return a


class Flat:
    """Parameters and their gradients as slices of one vector each.

    `packed` puts them back to back, so that a weight and the bias below it form one matrix.
    """

    def __init__(self, shapes: Sequence[tuple[int, ...]], packed: bool = False) -> None:
        slices, offset = [], 0
        for shape in shapes:
            n = int(np.prod(shape))
            slices.append((offset, offset + n, shape))
            offset += n if packed else -(-n // ALIGN) * ALIGN
        self.P, self.G = empty(offset), empty(offset)
        self.p = [self.P[a:b].reshape(shape) for a, b, shape in slices]
        self.g = [self.G[a:b].reshape(shape) for a, b, shape in slices]


class Update(ABC):
    """An optimiser over blocks of the flat vectors."""

    blocks: Sequence[tuple[Array, ...]] = ()

    def tick(self) -> None:  # noqa: B027 (most optimisers have nothing to do here)
        """Before the blocks of a step: what changes with the number of the step."""

    @abstractmethod
    def block(self, *arrays: Array) -> None: ...

    @abstractmethod
    def reset(self) -> None: ...

    def step(self) -> None:
        self.tick()
        for arrays in self.blocks:
            self.block(*arrays)


def cut(size: int, *arrays: Array) -> list[tuple[Array, ...]]:
    return [tuple(a[i : i + size] for a in arrays) for i in range(0, arrays[0].size, size)]


class Adam(Update):
    """torch.optim.Adam, ten passes in place.

    M = m/(1-beta1) and V = v/(1-beta2) are kept, so that neither product with the gradient needs a pass for a factor;
    both corrections of the bias fold into two scalars.  The gradient is scratch once M has it: a pass in place costs
    half of one that writes to a third array.
    """

    def __init__(self, work: Work, P: Array, G: Array, size: int = BLOCK) -> None:
        self.work, self.t = work, 0
        self.M, self.V = empty(P.size), empty(P.size)
        self.blocks = cut(size, P, G, self.M, self.V)
        self.beta1, self.beta2, self.c, self.e = scalar(work.beta1), scalar(work.beta2), scalar(0), scalar(0)

    def tick(self) -> None:
        w = self.work
        self.t += 1
        k = ((1 - w.beta2) / (1 - w.beta2**self.t)) ** 0.5
        self.c[()] = w.lr * (1 - w.beta1) / ((1 - w.beta1**self.t) * k)
        self.e[()] = w.eps / k

    def block(self, *arrays: Array) -> None:
        p, g, m, v = arrays
        mul, add = np.multiply, np.add
        mul(m, self.beta1, m)
        add(m, g, m)
        mul(g, g, g)
        mul(v, self.beta2, v)
        add(v, g, v)
        np.sqrt(v, g)
        add(g, self.e, g)
        np.divide(m, g, g)
        mul(g, self.c, g)
        np.subtract(p, g, p)

    def reset(self) -> None:
        self.M.fill(0)
        self.V.fill(0)
        self.t = 0


class Momentum(Update):
    """SGD with momentum; the gradient arrives multiplied by the learning rate, so that three passes are enough."""

    def __init__(self, work: Work, P: Array, G: Array, size: int = BLOCK) -> None:
        self.U = empty(P.size)
        self.momentum = scalar(work.momentum)
        self.blocks = cut(size, P, G, self.U)

    def block(self, *arrays: Array) -> None:
        p, g, u = arrays
        np.multiply(u, self.momentum, u)
        np.add(u, g, u)
        np.subtract(p, u, p)

    def reset(self) -> None:
        self.U.fill(0)


class Sgd(Update):
    """Plain SGD on a gradient that arrives multiplied by the learning rate: one pass."""

    def __init__(self, work: Work, P: Array, G: Array, size: int = BLOCK) -> None:
        self.blocks = cut(size, P, G)

    def block(self, *arrays: Array) -> None:
        p, g = arrays
        np.subtract(p, g, p)

    def reset(self) -> None:
        """It keeps nothing."""


UPDATES: dict[str, type[Adam] | type[Momentum] | type[Sgd]] = {"adam": Adam, "momentum": Momentum, "sgd": Sgd}


def gradient_scale(work: Work) -> float:
    """What the gradient of the loss is multiplied by before the optimiser has it."""
    scale: float = work.cfg.get("scale", 1.0)
    return (1.0 if work.optimizer == "adam" else work.lr) * scale


class SoftmaxCrossEntropy:
    """The mean over transposed logits z[class, n], so that all reductions run along the first axis.

    Overwrites the logits with scale * d loss/d logits and returns the loss.
    """

    def __init__(self, n: int, classes: int, scale: float = 1.0) -> None:
        self.n = n
        self.base = np.arange(n)
        self.places = np.empty(n, np.int64)
        self.m, self.s, self.t = empty(n), empty(n), empty(n)
        self.ones = empty(n, fill=1)
        self.k = scalar(scale / n)
        self.width = np.int64(n)

    def __call__(self, z: Array, y: Array) -> float:
        flat = z.reshape(-1)
        np.multiply(y, self.width, self.places)
        np.add(self.places, self.base, self.places)
        np.maximum.reduce(z, axis=0, out=self.m)
        np.subtract(z, self.m, z)
        np.take(flat, self.places, out=self.t, mode="clip")
        hit = self.t.dot(self.ones)
        np.exp(z, z)
        np.add.reduce(z, axis=0, out=self.s)
        np.log(self.s, self.t)
        loss = (float(self.t.dot(self.ones)) - float(hit)) / self.n
        np.divide(self.k, self.s, self.s)
        np.multiply(z, self.s, z)
        flat[self.places] -= self.k
        return loss


class Net(ABC):
    """Holds the flat vector, and turns parameters from the layout of the work into that of the net and back."""

    packed = False
    update: Update

    def __init__(self, work: Work, params: Named) -> None:
        self.work = work
        self.names = [name for name, _ in params]
        self.first = [np.ascontiguousarray(self.to_internal(name, a)) for name, a in params]
        self.flat = Flat([a.shape for a in self.first], self.packed)
        self.update = UPDATES[work.optimizer](work, self.flat.P, self.flat.G)
        self.reset()

    @abstractmethod
    def step(self, x: Array, y: Array) -> Any:
        """One training step; the loss."""

    def reset(self) -> None:
        for p, a in zip(self.flat.p, self.first, strict=True):
            p[...] = a
        self.update.reset()

    def params(self) -> list[Array]:
        pairs = zip(self.names, self.flat.p, strict=True)
        return [np.ascontiguousarray(self.to_canonical(name, p)) for name, p in pairs]

    def to_internal(self, name: str, a: Array) -> Array:
        return a

    def to_canonical(self, name: str, p: Array) -> Array:
        return p.copy()
