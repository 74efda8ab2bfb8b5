"""Two independent derivatives of the loss along a direction, and the error of a gradient against them.

**Complex step**: Im L(u + i h v) / h with h = 1e-200 has no rounding error of its own.  It asks that every operation
of the module is analytic on its branch.  **Central differences**: (L(u + h v) - L(u - h v)) / 2h, h = 1e-6, in float64.
"""

from __future__ import annotations

import numpy as np

from symbp.verify.balance import ALIKE
from symbp.verify.contract import Array
from symbp.verify.samples import Part, Point
from symbp.verify.vectors import dot, norm

COMPLEX_STEP, DIFFERENCES = "complex step", "central differences"
BOUNDS = {COMPLEX_STEP: 1e-10, DIFFERENCES: 1e-5}
TINY, SMALL = 1e-200, 1e-6
FLOOR = 1e-5  # of the largest norm: below it a gradient counts as zero
NOISE = 1e-12  # of the largest norm: below it a gradient may be rounding
ROUNDING = 8 * 2.0**-52  # of a loss: what a difference of two of them cannot tell
PROJECTIONS = 5
REDRAWS = 10
JUMP = 1e-3  # a change of the slope between -h and +h that only a branch decided differently explains


class Place:
    """A vector of a point with the gradient that the module gives there."""

    def __init__(self, point: Point, u: Array) -> None:
        self.point, self.u = point, u
        self.loss, self.gradient = point.loss_and_gradient(u)
        self.norms = {part.label: norm(self.gradient[part.at]) for part in point.parts}
        self.largest = max(self.norms.values(), default=0.0)

    def direction(self, parts: tuple[Part, ...], rng: np.random.Generator, smallest: float) -> Array:
        """A random direction over these parts, in which each counts alike, down to a share `smallest` of the largest.

        Random signs, so that every coordinate counts, plus the gradient's own direction, so that the slope along it is
        not small by chance.
        """
        v = np.zeros_like(self.u)
        for part in parts:
            size = self.norms[part.label]
            signs = rng.choice([-1.0, 1.0], part.at.stop - part.at.start)
            piece = signs + 3.0 * self.gradient[part.at] / size if size > 0.0 else signs
            if len(parts) > 1:
                piece *= rng.choice([-1.0, 1.0]) * self.largest / max(size, smallest * self.largest, 1e-300)
            v[part.at] = piece
        return v

    def error(self, method: str, parts: tuple[Part, ...], rng: np.random.Generator) -> float:
        """The error of the gradient over these parts, by one method; infinite where a value is not finite."""
        with np.errstate(all="ignore"):
            error = _by_complex_step(self, parts, rng) if method == COMPLEX_STEP else _by_differences(self, parts, rng)
        return error if np.isfinite(error) else float("inf")

    def own_error(self, part: Part, rng: np.random.Generator) -> float:
        """The error of a part with a small gradient on its own scale, by complex step.

        The imaginary part of a chain of products keeps its digits however small it gets; what is left at 1e-12 of the
        largest gradient may be rounding.
        """
        with np.errstate(all="ignore"):
            return _by_complex_step(self, (part,), rng, NOISE)

    def relative(self, given: float, found: float, floor: float = FLOOR, least: float = 0.0) -> float:
        """|a - b| / max(|a|, |b|, 1e-5 of the largest norm of any part's gradient, `least`)."""
        scale = max(abs(given), abs(found), floor * self.largest, least)
        if not np.isfinite(given) or not np.isfinite(found):
            return float("inf")
        return abs(given - found) / scale if scale > 0.0 else 0.0


def _by_complex_step(place: Place, parts: tuple[Part, ...], rng: np.random.Generator, floor: float = FLOOR) -> float:
    v = place.direction(parts, rng, NOISE)
    found = place.point.loss(place.u + 1j * TINY * v).imag / TINY
    return place.relative(dot(place.gradient, v), found, floor)


def _by_differences(place: Place, parts: tuple[Part, ...], rng: np.random.Generator) -> float:
    """The median over five projections, each with a direction of norm 1."""
    return float(np.median([_one_difference(place, parts, rng) for _ in range(PROJECTIONS)]))


def _one_difference(place: Place, parts: tuple[Part, ...], rng: np.random.Generator) -> float:
    """One projection, drawn again where a branch is decided differently at the two ends.

    Such a branch shows as a jump of the slope between the ends, which are so near that a smooth slope hardly changes.
    After ten draws the last one counts, so that a wrong gradient cannot escape by jumping everywhere.
    """
    error = float("inf")
    for _ in range(REDRAWS):
        v = place.direction(parts, rng, ALIKE)
        v /= max(norm(v), 1e-300)
        upper, slope_above = place.point.loss_and_gradient(place.u + SMALL * v)
        lower, slope_below = place.point.loss_and_gradient(place.u - SMALL * v)
        given, found = dot(place.gradient, v), (upper - lower) / (2.0 * SMALL)
        rounding = ROUNDING * max(abs(upper), abs(lower)) / (2.0 * SMALL)
        error = place.relative(given, found, least=rounding / BOUNDS[DIFFERENCES])
        if place.relative(dot(slope_above, v), dot(slope_below, v)) < JUMP:
            break
    return error
