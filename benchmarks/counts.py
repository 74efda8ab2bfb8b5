"""What a training step must compute and move: counted from the sizes of a work, not from what a peer does.

Operations: 2*m*k*n for every matrix product that is needed (forward, gradient of the weights, gradient of the input
save where that is data); nothing for what is done element by element.  An embedding is a look-up and counts as none.

Bytes, in float32: a weight is read forward, read backward, and its gradient is written once; the optimiser's own
traffic; every activation of a layer is written and read forward, read once backward, and its gradient written and read.
The data are read twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks.data import parameters
from benchmarks.works import Work

SIZE = 4  # bytes of a float32
UPDATE = {"sgd": 3, "momentum": 5, "adam": 7}  # numbers read and written for one parameter
WEIGHT, ACTIVATION, DATA = 3, 5, 2  # passes over each


@dataclass(frozen=True, slots=True)
class Product:
    """`count` products of [rows, inner] and [inner, columns], and how many of the three of a step are needed."""

    name: str
    rows: int
    inner: int
    columns: int
    passes: int = 3
    count: int = 1
    pieces: int = 1  # into how many parts the rows may be cut: the images of a batch

    @property
    def flops(self) -> int:
        return 2 * self.rows * self.inner * self.columns * self.passes * self.count

    @property
    def outputs(self) -> int:
        return self.rows * self.columns * self.count


def products(work: Work) -> list[Product]:
    """Every product of the forward pass."""
    return list(_PRODUCTS[work.family](work))


def flops(work: Work) -> int:
    """Floating-point operations of the products of one training step."""
    return sum(p.flops for p in products(work))


def parameter_count(work: Work) -> int:
    return sum(a.size for _, a in parameters(work))


def traffic(work: Work, inputs: int) -> int:
    """Bytes that one training step moves at least, if nothing stays in a cache; `inputs` numbers are in a batch."""
    weights = parameter_count(work) * (WEIGHT + UPDATE[work.optimizer])
    return SIZE * (weights + ACTIVATION * sum(p.outputs for p in products(work)) + DATA * inputs)


def _dense(work: Work) -> Iterator[Product]:
    sizes = work.cfg["sizes"]
    for k, (i, o) in enumerate(pairwise(sizes)):
        yield Product(f"dense {k + 1}", work.batch, i, o, 3 if k else 2)


def _conv(work: Work) -> Iterator[Product]:
    _, h, w = work.cfg["image"]
    n, k = work.batch, 0
    for kind, *shape in work.cfg["layers"]:
        if kind == "conv":
            i, o, size, pad = shape
            h, w, k = h + 2 * pad - size + 1, w + 2 * pad - size + 1, k + 1
            yield Product(f"conv {k}", n * h * w, i * size * size, o, 3 if k > 1 else 2, pieces=n)
        elif kind == "pool":
            h, w = h // 2, w // 2
        elif kind == "dense":
            yield Product(f"dense {shape[0]}x{shape[1]}", n, *shape)


def _recurrent(work: Work) -> Iterator[Product]:
    c: Any = work.cfg
    gates, rows = (4 if work.family == "lstm" else 3), work.batch * c["T"]
    yield Product("input", rows, c["emb"], gates * c["hidden"])
    yield Product("recurrent", work.batch, c["hidden"], gates * c["hidden"], count=c["T"])
    if work.family == "lstm":
        yield Product("output", rows, c["hidden"], c["vocab"])
    else:
        yield Product("dense", rows, c["hidden"], c["dense"])
        yield Product("output", rows, c["dense"], c["tags"])


def _attention(work: Work) -> Iterator[Product]:
    c = work.cfg
    d, m, steps, heads = c["d"], c["mlp"], c["T"], c["heads"]
    rows = work.batch * steps
    sizes = {"q, k, v": (d, 3 * d), "projection": (d, d), "up": (d, m), "down": (m, d), "out": (d, c["classes"])}
    for name, (i, o) in sizes.items():
        yield Product(name, rows, i, o)
    yield Product("scores", steps, d // heads, steps, count=work.batch * heads)
    yield Product("context", steps, steps, d // heads, count=work.batch * heads)


def _resnet(work: Work) -> Iterator[Product]:
    length, n = work.cfg["T"], work.batch
    for k, (name, i, o, size, stride) in enumerate(work.cfg["convs"]):
        length //= stride
        yield Product(f"conv {name}", n * length, i * size, o, 3 if k else 2, pieces=n)
    yield Product("out", n, work.cfg["convs"][-1][2], work.cfg["classes"])


_PRODUCTS: dict[str, Callable[[Work], Iterator[Product]]] = {
    "dense": _dense,
    "conv": _conv,
    "lstm": _recurrent,
    "gru": _recurrent,
    "attention": _attention,
    "resnet": _resnet,
}
