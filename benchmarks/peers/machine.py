"""What the machine can do, measured in the same rounds as the peers: the roof of the roofline.

The rate of matrix products is that of 1024 x 1024 x 1024 in float32 with the BLAS of NumPy; the rate of memory is that
of a negation in place (one read and one write) of an array as large as what the work moves in a step, so that a work
that fits into a cache is held against the cache.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import counts, data
from benchmarks.stepper import Stepper
from benchmarks.works import Work

SIDE = 1024
SMALLEST, LARGEST = (
    1 << 16,
    1 << 28,
)  # bytes of the array: not below what a call costs, not beyond a quarter of a gigabyte


def best(run: Callable[[], Any], seconds: float) -> float:
    """The shortest time of a call within about `seconds`."""
    found, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end or found == float("inf"):
        start = time.perf_counter()
        run()
        found = min(found, time.perf_counter() - start)
    return found


class Machine(Stepper):
    trains = False

    def __init__(self, work: Work) -> None:
        rng = np.random.default_rng(0)
        self.a, self.b = (rng.random((SIDE, SIDE), np.float32) for _ in range(2))
        self.c = np.empty_like(self.a)
        moved = counts.traffic(work, data.batches(work)[0][0].size)
        self.stream = np.ones(min(max(moved, SMALLEST), LARGEST) // counts.SIZE, np.float32)
        self.rates: dict[str, float] = {}

    def reset(self) -> None:
        """Nothing is kept."""

    def step(self, i: int) -> None:
        """Measures both rates, for a tenth of a second each."""
        product = best(lambda: np.matmul(self.a, self.b, self.c), 0.1)
        stream = best(lambda: np.negative(self.stream, self.stream), 0.1)
        self.rates = {"flops": 2 * SIDE**3 / product, "bytes": 2 * self.stream.nbytes / stream}

    def report(self) -> dict[str, float]:
        return self.rates


def supports(work: Work, part: str) -> str | None:
    return None


def build(work: Work, threads: int, part: str) -> Stepper:
    return Machine(work)
