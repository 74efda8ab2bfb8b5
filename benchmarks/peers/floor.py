"""Floors of a work, measured in the same rounds as the peers: they train nothing.

products: the matrix products that are needed (benchmarks/counts.py), each into memory that is there, its operands ready
and contiguous: for a convolution its patches are simply given. Each runs in the fastest of several arrangements (which
operand is transposed, the whole batch at once or in parts), found by a short trial.

update: the traffic of the optimiser alone: what it writes is negated in place (the cheapest pass that reads and
writes), the gradient is read by a dot product.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks import counts
from benchmarks.counts import Product
from benchmarks.stepper import Stepper
from benchmarks.works import Work

WRITTEN = {"adam": 3, "momentum": 2, "sgd": 1}  # arrays
FORMS = ("nn", "tn", "nt")
Run = Callable[[], None]
Sizes = tuple[int, int, int]


def passes(p: Product) -> list[Sizes]:
    """The sizes (rows, inner, columns) of forward, gradient of the weights, gradient of the input."""
    return [(p.rows, p.inner, p.columns), (p.inner, p.rows, p.columns), (p.rows, p.columns, p.inner)][: p.passes]


def arranged(sizes: Sizes, count: int, parts: int, form: str) -> Run:
    """`count` products, each cut into `parts` along the longer of rows and inner."""
    m, k, n = sizes
    m, k = (m // parts, k) if m >= k else (m, k // parts)
    rng = np.random.default_rng(0)

    def drawn(rows: int, columns: int, transposed: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        shape = (count * parts, columns, rows) if transposed else (count * parts, rows, columns)
        a = rng.random(shape, np.float32)
        return a.transpose(0, 2, 1) if transposed else a

    a, b = drawn(m, k, form == "tn"), drawn(k, n, form == "nt")
    c = np.empty((count * parts, m, n), np.float32)
    triples = list(zip(a, b, c, strict=True))

    def run() -> None:
        for x, y, z in triples:
            np.matmul(x, y, z)

    return run


def seconds(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def fastest(sizes: Sizes, product: Product) -> Run:
    """The best arrangement in three trials of each."""
    whole = product.pieces
    best: tuple[float, Run] | None = None
    for parts in {1, max(1, whole // 8), whole}:
        for form in FORMS:
            run = arranged(sizes, product.count, parts, form)
            run()
            taken = min(seconds(run) for _ in range(3))
            if best is None or taken < best[0]:
                best = taken, run
    assert best is not None
    return best[1]


class Floor(Stepper):
    trains = False

    def reset(self) -> None:
        """It keeps nothing."""


class Products(Floor):
    def __init__(self, work: Work) -> None:
        self.runs = [fastest(sizes, p) for p in counts.products(work) for sizes in passes(p)]

    def step(self, i: int) -> None:
        for run in self.runs:
            run()


class Update(Floor):
    def __init__(self, work: Work) -> None:
        n = counts.parameter_count(work)
        self.gradient = np.ones(n, np.float32)
        self.written = [np.ones(n, np.float32) for _ in range(WRITTEN[work.optimizer])]

    def step(self, i: int) -> None:
        for a in self.written:
            np.negative(a, a)
        np.dot(self.gradient, self.gradient)


def supports(work: Work, part: str) -> str | None:
    return None


def build(work: Work, threads: int, part: str) -> Stepper:
    return Products(work) if part == "products" else Update(work)
