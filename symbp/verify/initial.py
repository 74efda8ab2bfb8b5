"""Initial values, compared with what the spec asks for: numbers exactly, random ones by their moments."""

from __future__ import annotations

import math

import numpy as np

from symbp.graph.model import Graph, ParameterInfo
from symbp.verify.contract import Array, Module
from symbp.verify.course import Course
from symbp.verify.model import Row, judged
from symbp.verify.reference import Reference

SIGMAS = 7.0  # a mean or a standard deviation that is farther off than this is wrong
SEED = 12345


def check_initial(module: Module, graph: Graph) -> list[Row]:
    """One row over all parameters: the worst deviation, in units of what is allowed."""
    views = module.Network(SEED, dtype="float64").parameters
    worst, where, computed = 0.0, "", Reference(graph).computed(views)
    for info in graph.parameters:
        values = np.asarray(views[info.tensor.label], dtype=float)
        known = computed.get(info.tensor.label)
        deviation = _of_part(values, info) if known is None else _exact(values, known)
        if not deviation <= worst:
            worst, where = deviation, info.tensor.label
    note = where if not worst <= 1.0 else ""
    rows = [judged("initial values", "moments", len(graph.parameters), worst, 1.0, note)]
    if graph.states:
        error = Course(module, graph).at_the_start(module.Network(SEED, dtype="float64"))
        rows.append(judged("states at the start", "reference", len(graph.states), error, 1e-9))
    return rows


def _of_part(values: Array, info: ParameterInfo) -> float:
    """The deviation where something is drawn or stated; elsewhere every number must be 0."""
    if info.init.part is None:
        return _deviation(values, info)
    axis, begin, end = info.init.part
    own = np.moveaxis(values, axis, 0)
    rest = np.delete(own, slice(begin, end), axis=0)
    return max(_exact(rest, np.zeros(rest.shape)), _deviation(np.moveaxis(own[begin:end], 0, axis), info))


def _deviation(values: Array, info: ParameterInfo) -> float:
    """How far the values are from their distribution; above 1 is wrong."""
    init = info.init
    if init.distribution == "values":
        return _exact(values, np.reshape(init.values, values.shape))
    if init.distribution == "constant":
        return _exact(values, np.full(values.shape, init.scale))
    if init.distribution == "orthogonal":
        return _orthogonal(values, init.scale)
    return _moments(values, info)


def _exact(values: Array, wanted: Array) -> float:
    return float(np.abs(values - wanted).max(initial=0.0)) / (1e-12 * max(1.0, float(np.abs(wanted).max(initial=0.0))))


def _orthogonal(values: Array, gain: float) -> float:
    """The rows or the columns, whichever are fewer, have length `gain` and are at right angles."""
    matrix = values.reshape(values.shape[0], -1) if values.ndim > 1 else values[:, None]
    small = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    return float(np.abs(small - gain**2 * np.eye(len(small))).max()) / (1e-9 * max(gain**2, 1.0))


def _moments(values: Array, info: ParameterInfo) -> float:
    """Mean and standard deviation of a sample, and the bounds of a bounded distribution."""
    init, n = info.init, values.size
    mean, sigma, kurtosis, low, high = init.mean or 0.0, init.scale, 3.0, -math.inf, math.inf
    if init.distribution == "uniform":
        low, high = -init.scale if init.low is None else init.low, init.scale
        mean, sigma, kurtosis = (low + high) / 2, (high - low) / math.sqrt(12), 1.8
    elif init.distribution == "truncated_normal":
        kurtosis = 3.2  # near that of the normal, whichever way the tails are cut
    outside = 2.0 if values.min(initial=mean) < low or values.max(initial=mean) > high else 0.0
    if sigma == 0.0:
        return _exact(values, np.full(values.shape, mean))
    of_mean = abs(float(values.mean()) - mean) / (SIGMAS * sigma / math.sqrt(n))
    spread = 0.0
    if n >= 30 and init.distribution != "truncated_normal":
        error = sigma * math.sqrt((kurtosis - 1) / (4 * n))
        spread = abs(math.sqrt(float(((values - mean) ** 2).mean())) - sigma) / (SIGMAS * error)
    return max(outside, of_mean, spread)
