"""A module that cuts its batches: loss and gradients of a batch are the means of those of its samples.

The other checks have a few samples, which may be less than a micro-batch.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from symbp.verify.balance import drawn
from symbp.verify.contract import Array, Module
from symbp.verify.model import Row, judged
from symbp.verify.modes import draws
from symbp.verify.vectors import norm

BOUND = 1e-10


def check_micro_batches(module: Module, seed: int = 0) -> list[Row]:
    """A batch of several micro-batches, against pieces of it that are none larger, by the pure function and a step."""
    size = int(getattr(module, "MICRO_BATCH_SIZE", 0))
    if not size:
        return []
    sample, theta = drawn(module, 2 * size + 1, 2, np.random.default_rng((seed, 37)))
    ends = (0, (size + 1) // 2, (size + 1) // 2 + size, sample.n)
    pieces = [sample.rows(slice(*ends)) for ends in pairwise(ends)]
    found = [(piece.n / sample.n, *module.loss_and_grad(theta, piece.argument(piece.x), piece.y)) for piece in pieces]
    wanted = np.sum([s * loss for s, loss, _ in found]), np.sum([s * gradient for s, _, gradient in found], axis=0)
    loss, gradient = module.loss_and_grad(theta, sample.argument(sample.x), sample.y)
    net, x = module.Network(0, dtype="float64"), sample.argument(sample.x)
    net.theta[...] = theta
    returned = net.loss_and_grad(x, sample.y)[0] if draws(module) else net.step(x, sample.y)
    errors = [_error(np.array([loss]), wanted[0]), _error(np.array([returned]), wanted[0]), _error(gradient, wanted[1])]
    return [judged(f"micro-batches of {size}", "consistency", len(pieces), max(errors), BOUND)]


def _error(found: Array, wanted: Array) -> float:
    return norm(found - wanted) / max(norm(np.atleast_1d(wanted)), 1e-2)
