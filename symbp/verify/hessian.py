"""Hessian-vector products: is what the module gives the derivative of the gradient that it gives?

Im g(theta + i h v) / h with h = 1e-200, for the gradient g of all parameters, against ``hvp(theta, x, y, v)``: along
random directions through all parameters, and along one through each parameter alone where there are not too many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from symbp.verify.balance import balanced
from symbp.verify.contract import Array, Module, second_order
from symbp.verify.gradients import MANY
from symbp.verify.model import Row, judged
from symbp.verify.modes import FREE, batches, fixed
from symbp.verify.projections import COMPLEX_STEP, FLOOR, TINY
from symbp.verify.samples import Part, Point, draw
from symbp.verify.vectors import norm

BOUND = 1e-9
EVERYWHERE = 2  # directions through all parameters, at each batch size


def check_hessian(module: Module, seed: int = 0) -> list[Row]:
    """One row for each parameter, of the errors of its part of the products; none for a module without `hvp`.

    Above 64 parameters one row for all.  Errors are norms, relative to that of the part, or to 1e-5 of the largest
    part of any product at the same point.
    """
    module = fixed(module, seed)
    product = second_order(module)
    if product is None:
        return []
    worst: dict[str, float] = {}
    points = 0
    for k, (n, free) in enumerate(zip(batches(module), FREE, strict=True)):
        rng = np.random.default_rng((seed, n, 2))
        point = Point(module, draw(module, n, free, rng))
        theta = balanced(point, rng)[: point.parameters]
        parts = [part for part in point.parts if not part.is_input]
        alone = parts if k == 0 and 1 < len(parts) <= MANY else []
        directions = list(_directions(point, parts, alone, rng))
        points += len(directions)
        for label, error in _errors(product, point, theta, parts, directions).items():
            worst[label] = max(worst.get(label, 0.0), error)
    if len(worst) > MANY:
        worst = {f"all {len(worst)} tensors": max(worst.values())}
    return [judged(f"hvp: {label}", COMPLEX_STEP, points, error, BOUND) for label, error in worst.items()]


def _directions(point: Point, parts: list[Part], alone: list[Part], rng: np.random.Generator) -> Iterator[Array]:
    """Zero in what is frozen."""
    for group in (*[parts] * EVERYWHERE, *([part] for part in alone)):
        v = np.zeros(point.parameters)
        for part in group:
            v[part.at] = rng.standard_normal(v[part.at].shape)
        yield v


def _errors(
    hvp: Callable[..., Array], point: Point, theta: Array, parts: list[Part], directions: list[Array]
) -> dict[str, float]:
    """The worst error of every part of the products with these directions."""
    x, y = point.sample.argument(point.sample.x), point.sample.y
    pairs = []
    for v in directions:
        found = np.asarray(hvp(theta, x, y, v))
        slope = point.module.loss_and_grad(theta + 1j * TINY * v, x, y)[1].imag / TINY
        if found.shape != slope.shape or not np.all(np.isfinite(found)):
            return {part.label: float("inf") for part in parts}
        pairs.append((found, slope))
    sizes = [max(norm(a[part.at]), norm(b[part.at])) for a, b in pairs for part in parts]
    least = FLOOR * max(sizes, default=0.0)
    return {part.label: max(_error(a[part.at], b[part.at], least) for a, b in pairs) for part in parts}


def _error(given: Array, found: Array, least: float) -> float:
    scale = max(norm(given), norm(found), least)
    error = norm(given - found) / scale if scale > 0.0 else 0.0
    return error if np.isfinite(error) else float("inf")
