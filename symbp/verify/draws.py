"""What a module draws: of the right distribution, the same for the same generator, and what a network trains with."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from symbp.graph.model import Graph, RandomInfo
from symbp.verify.balance import drawn as drawn_sample
from symbp.verify.contract import Array, Drawing, Module
from symbp.verify.model import Row, judged
from symbp.verify.modes import DRAWING, Fixed, draw_states, draws, stream, write_states
from symbp.verify.samples import draw
from symbp.verify.vectors import norm

SIGMAS = 7.0  # a mean or a second moment that is farther off than this is wrong
NUMBERS = 4000  # so many draws of each array at least
EXACT = 1e-12

# Mean, variance, and the variance of the squared distance from the mean, of draws with scale 1.
MOMENTS = {"uniform": (0.5, 1 / 12, 1 / 180), "normal": (0.0, 1.0, 2.0), "switch": (1.0, 0.0, 0.0)}


def check_draws(module: Module, graph: Graph, seed: int = 0) -> list[Row]:
    """The distribution of every array, and the agreement of the network's draws with those of the pure functions."""
    if not draws(module):
        return []
    return [_statistics(module, graph, seed), _agreement(module, seed)]


def _statistics(module: Module, graph: Graph, seed: int) -> Row:
    sample = draw(module, 50, 3, np.random.default_rng((seed, 51)))
    x, rng = sample.argument(sample.x), np.random.default_rng((seed, 52))
    found: dict[str, list[Array]] = {info.tensor.label: [] for info in graph.random}
    pure = Fixed(module, seed, {})
    repeated = all(np.array_equal(a, b) for a, b in zip(pure.drawn(x).values(), pure.drawn(x).values(), strict=True))
    while min(sum(a.size for a in arrays) for arrays in found.values()) < NUMBERS:
        for label, array in cast(Drawing, module).drawn(rng, x, "float64").items():
            found[label].append(np.ravel(array))
    worst, where = (0.0, "") if repeated else (float("inf"), "one generator draws two things")
    for info in graph.random:
        deviation = _deviation(np.concatenate(found[info.tensor.label]), info)
        if not deviation <= worst:
            worst, where = deviation, info.tensor.label
    return judged("what is drawn", "moments", len(graph.random), worst, 1.0, where if not worst <= 1.0 else "")


def _deviation(values: Array, info: RandomInfo) -> float:
    """How far a sample is from its distribution, in units of what is allowed."""
    p, n = info.probability, values.size
    if info.scale == 0.0:
        return float(np.abs(values - info.shift).max())
    mean, variance, spread = MOMENTS.get(info.distribution, (p, p * (1 - p), p * (1 - p) * (1 - 2 * p) ** 2))
    unit = (values - info.shift) / info.scale
    if info.distribution == "bernoulli" and not np.isin(np.round(unit, 9), (0.0, 1.0)).all():
        return float("inf")
    distance = float(((unit - mean) ** 2).mean())
    of_mean = abs(float(unit.mean()) - mean) / (SIGMAS * math.sqrt(variance / n) + EXACT)
    return max(of_mean, abs(distance - variance) / (SIGMAS * math.sqrt(spread / n) + EXACT))


def _agreement(module: Module, seed: int) -> Row:
    """Two evaluations of the network in training, against the pure function with the generator that it has."""
    rng = np.random.default_rng((seed, 53))
    sample, theta = drawn_sample(module, 5, 2, rng)
    x, state = sample.argument(sample.x), draw_states(module, rng)
    options = {"state": state} if state else {}
    net, generator = module.Network(0, dtype="float64"), stream(0, DRAWING)
    net.theta[...] = theta
    write_states(net, state)
    worst = 0.0
    for _ in range(2):
        loss, gradient = module.loss_and_grad(theta, x, sample.y, rng=generator, **options)
        found_loss, found = net.loss_and_grad(x, sample.y, training=True)
        error = norm(found - gradient) / max(norm(gradient), 1e-4)
        worst = max(worst, error, abs(found_loss - loss) / max(abs(loss), 1e-2))
    return judged("draws of the network", "consistency", 2, worst, 1e-9)
