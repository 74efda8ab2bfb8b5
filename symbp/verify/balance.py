"""Parameters at which every gradient can be seen.

Initial values are no good place for a check: biases of zero sit on kinks, and in a deep sigmoid net the gradient of the
first layer is 1e-12 of the last one's, where no comparison of sums would notice it.  So parameters are drawn at random,
with several gains, and the weights of neighbouring layers rescaled until the norms of all gradients are alike.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from symbp.verify.contract import Array, Module
from symbp.verify.samples import Point, Sample, draw, positive
from symbp.verify.vectors import norm

ALIKE = 1e-3  # the smallest norm that a tensor's gradient should have, as a share of the largest
# Gains, and whether all numbers are taken positive.
STARTS = ((1.0, False), (1.5, False), (10.0, False), (0.3, False), (1.0, True), (0.1, False), (0.1, True))
ROUNDS = 3  # of rescaling, from each start
TAME = 1e6
FLAT = 1e-12  # of the loss: a gradient below it is rounding
NOTHING = -9.0  # what is seen where nothing is finite


def draw_parameters(module: Module, gain: float, rng: np.random.Generator) -> Array:
    """A flat vector: weights normal with standard deviation gain / sqrt(fan), all others normal times one half."""
    pieces = [np.empty(0)]
    for shape in module.PARAMETERS.values():
        values = rng.standard_normal(shape)
        fan = np.sqrt(values.size / max(shape[-1], 1)) if len(shape) > 1 else 2.0 * gain
        pieces.append((gain * values / max(fan, 1.0)).ravel())
    return np.concatenate(pieces)


def drawn(
    module: Module, n: int, free: int, rng: np.random.Generator, spread: float = 1.0, gain: float = 1.0
) -> tuple[Sample, Array]:
    """A batch and parameters at which loss and gradient are tame, if twelve draws of ever smaller numbers find one.

    A loss may hold a logarithm of what the last layer gives: every other draw is of positive numbers.
    """
    for attempt in range(12):
        sample = draw(module, n, free, rng, spread)
        theta = draw_parameters(module, gain * 0.5 ** (attempt // 2), rng)
        if attempt % 2:
            sample, theta = positive(sample), np.abs(theta)
        if is_tame(*module.loss_and_grad(theta, sample.argument(sample.x), sample.y), spread):
            break
    return sample, theta


def is_tame(loss: float, gradient: Array, spread: float = 1.0) -> bool:
    """Whether both are finite and of a size that leaves digits to compare (towers of exponentials do not)."""
    return bool(np.isfinite(loss) and abs(loss) < TAME * spread**2 and np.all(np.abs(gradient) < TAME * spread**2))


def norms(point: Point, gradient: Array) -> Array:
    """The norm of each part of a gradient."""
    return np.array([norm(gradient[part.at]) for part in point.parts])


def balanced(point: Point, rng: np.random.Generator) -> Array:
    """A vector for the point at which all parts have gradients of like norm, or the nearest to it that was found."""
    best, reached = point.start(draw_parameters(point.module, 1.0, rng)), NOTHING
    for gain, absolute in STARTS:
        if reached >= 0.0 and (gain, absolute) not in STARTS[:3]:
            break  # the others are for losses that overflow or take a logarithm
        u = point.start(draw_parameters(point.module, gain, rng))
        u = np.abs(u) if absolute else u
        for _ in range(ROUNDS):
            loss, gradient = point.loss_and_gradient(u)
            size = norms(point, gradient)
            seen = _seen(loss, gradient, size)
            if seen > reached:
                best, reached = u, seen
            if reached >= 1.0:
                return best
            u = _rescaled(point, u, size)
    return best


def _seen(loss: float, gradient: Array, size: Array) -> float:
    """The share of all parts whose gradient is well seen beside the largest; less than 0 where numbers are not tame."""
    if not np.isfinite(loss) or not np.all(np.isfinite(size)):
        return NOTHING
    largest = float(size.max(initial=0.0))
    share = float(np.mean(size >= ALIKE * largest)) if largest > FLAT * max(1.0, abs(loss)) else 0.0
    return share if is_tame(loss, gradient) else share - 2.0


def _rescaled(point: Point, u: Array, size: Array) -> Array:
    """Each weight times how much larger its gradient is than that of the weight before it.

    In a chain the gradient of a weight carries all later weights as factors and not its own, so a larger weight lifts
    the gradients before it.
    """
    weights = [k for k, part in enumerate(point.parts) if len(part.shape) > 1 and not part.is_input]
    u = u.copy()
    for before, after in pairwise(weights):
        if size[before] > 0.0 and size[after] > 0.0:
            u[point.parts[after].at] *= np.clip(size[after] / size[before], 0.25, 4.0)
    return u
