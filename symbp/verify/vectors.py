"""Sums over long vectors by NumPy's own pairwise summation.

BLAS splits a product of two vectors over threads from ten thousand numbers on: for vectors summed once, waiting
for the threads costs a thousand times more than the sum, and the result depends on their number.
"""

from __future__ import annotations

import math

import numpy as np

from symbp.verify.contract import Array


def dot(a: Array, b: Array) -> float:
    """The sum of the products; NaN and infinities stay what they are."""
    return float(np.sum(a * b))


def norm(a: Array) -> float:
    """The Euclidean norm of all entries."""
    return math.sqrt(float(np.sum(np.square(np.asarray(a, dtype=np.float64)))))
