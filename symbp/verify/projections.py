"""Two independent derivatives of the loss along a direction, and the error of a gradient against them.

**Complex step**: Im L(u + i h v) / h with h = 1e-200 has no rounding error of its own.  It asks that every operation
of the module is analytic on its branch.  **Central differences**: (L(u + h v) - L(u - h v)) / 2h, h = 1e-6, in float64.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from symbp.verify.balance import ALIKE
from symbp.verify.contract import Array
from symbp.verify.samples import Part, Point
from symbp.verify.vectors import dot, norm

COMPLEX_STEP, DIFFERENCES = "complex step", "central differences"
BOUNDS = {COMPLEX_STEP: 1e-10, DIFFERENCES: 1e-5}
TINY, SMALL = 1e-200, 1e-6
UNDERFLOW = 1e-60  # a gradient below it is tried with a longer step, since its product with 1e-200 may be no number
FLOOR = 1e-5  # of the largest norm: below it a gradient counts as zero
NOISE = 1e-12  # of the loss: below it a whole gradient is rounding
FLAT = 1e-4  # the scale of errors, in units of the loss, where the whole gradient is zero
EPSILON = 2.0**-52
RESOLVED = 1e-4  # a gradient that changes by less than this share with the last bits of all numbers has digits
ROUGH = 1e-6  # an error above this is never taken for rounding
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
        unit = max(1.0, abs(self.loss))
        self.flat = self.largest <= NOISE * unit  # the whole gradient is zero, but for rounding
        rounding = FLAT * unit if self.flat else 4.0 * EPSILON * unit / BOUNDS[COMPLEX_STEP]
        self.least = max(FLOOR * self.largest, rounding)

    @cached_property
    def _neighbours(self) -> list[Array]:
        """Three vectors that differ from this one in the last bit of every number."""
        rng = np.random.default_rng(0)
        return [self.u * (1.0 + EPSILON * rng.choice([-1.0, 1.0], self.u.size)) for _ in range(3)]

    @cached_property
    def _nearby(self) -> list[tuple[float, Array]]:
        """Loss and gradient at the neighbours."""
        return [self.point.loss_and_gradient(u) for u in self._neighbours]

    @cached_property
    def loss_rounding(self) -> float:
        """How much of a loss is rounding: what the difference of two of them cannot tell."""
        return max(8.0 * EPSILON * abs(self.loss), *(4.0 * abs(loss - self.loss) for loss, _ in self._nearby))

    def slope(self, u: Array, v: Array, h: float) -> float:
        """The slope along v at u by a complex step of length h."""
        return self.point.loss(u + 1j * h * v).imag / h

    def slope_rounding(self, v: Array, h: float, found: float) -> float:
        """How much of a slope along v is rounding: several times what the last bit of every number changes in it."""
        given = (abs(dot(gradient - self.gradient, v)) for _, gradient in self._nearby)
        by_step = (abs(self.slope(u, v, h) - found) for u in self._neighbours)
        return 32.0 * max(*given, *by_step)

    def share(self, part: Part) -> float:
        """The norm of the part's gradient as a share of the largest."""
        return 0.0 if self.flat else self.norms[part.label] / self.largest

    def resolved(self, part: Part) -> bool:
        """Whether the gradient of the part, however small, is more than rounding."""
        size = self.norms[part.label]
        changes = (norm(gradient[part.at] - self.gradient[part.at]) for _, gradient in self._nearby)
        return size > 0.0 and max(changes) < RESOLVED * size

    def direction(self, parts: tuple[Part, ...], rng: np.random.Generator, smallest: float) -> Array:
        """A random direction in which each of these parts counts alike, down to a share `smallest` of their largest.

        Random signs, so that every coordinate counts, plus the gradient's own direction, so that the slope along it is
        not small by chance.
        """
        v = np.zeros_like(self.u)
        largest = max(self.norms[part.label] for part in parts)
        for part in parts:
            size = self.norms[part.label]
            signs = rng.choice([-1.0, 1.0], part.at.stop - part.at.start)
            piece = signs + 3.0 * self.gradient[part.at] / size if size > 0.0 else signs
            if len(parts) > 1:
                piece *= rng.choice([-1.0, 1.0]) * largest / max(size, smallest * largest, 1e-300)
            v[part.at] = piece
        return v

    def error(self, method: str, parts: tuple[Part, ...], rng: np.random.Generator, own: bool = False) -> float:
        """The error of the gradient over these parts; infinite where a value is not finite.

        It is |a - b| / max(|a|, |b|, 1e-5 of the largest norm of any part's gradient).  `own`: of these parts only,
        which must be resolved, for the complex step.  The imaginary part of a chain of products keeps its digits
        however small it gets, so that a gradient far below the others is compared as well as they are.
        """
        with np.errstate(all="ignore"):
            error = (
                _by_complex_step(self, parts, rng, own) if method == COMPLEX_STEP else _by_differences(self, parts, rng)
            )
        return error if np.isfinite(error) else float("inf")


def relative(given: float, found: float, least: float) -> float:
    """|a - b| / max(|a|, |b|, least); infinite where one is not finite."""
    scale = max(abs(given), abs(found), least)
    if not np.isfinite(given) or not np.isfinite(found):
        return float("inf")
    return abs(given - found) / scale if scale > 0.0 else 0.0


def _by_complex_step(place: Place, parts: tuple[Part, ...], rng: np.random.Generator, own: bool) -> float:
    v = place.direction(parts, rng, FLOOR if own else ALIKE)
    size = max(place.norms[part.label] for part in parts)
    least = FLOOR * size if own else place.least
    h = TINY if size > UNDERFLOW or not own else UNDERFLOW
    given, found = dot(place.gradient, v), place.slope(place.u, v, h)
    error = relative(given, found, least)
    if BOUNDS[COMPLEX_STEP] < error < ROUGH:
        # A net may be so steep that rounding alone is above the bound; a module that computes noise is not let off.
        return relative(given, found, max(least, place.slope_rounding(v, h, found) / BOUNDS[COMPLEX_STEP]))
    return error


def _by_differences(place: Place, parts: tuple[Part, ...], rng: np.random.Generator) -> float:
    """The median over five projections, each with a direction of norm 1; three within the bound decide it.

    Where that is above the bound, the step may be too long for a steep net, and is shortened once.
    """
    for step in (SMALL, SMALL / 16.0):
        errors: list[float] = []
        while len(errors) < PROJECTIONS and sum(e <= BOUNDS[DIFFERENCES] for e in errors) <= PROJECTIONS // 2:
            errors.append(_one_difference(place, parts, step, rng))
        error = sorted(errors)[PROJECTIONS // 2]
        if error <= BOUNDS[DIFFERENCES]:
            break
    return error


def _one_difference(place: Place, parts: tuple[Part, ...], step: float, rng: np.random.Generator) -> float:
    """One projection, drawn again where it is wrong and a branch is decided differently at the two ends.

    Such a branch shows as a jump of the slope between the ends, which are so near that a smooth slope hardly changes.
    After ten draws the last one counts, so that a wrong gradient cannot escape by jumping everywhere.
    """
    error = float("inf")
    least = max(place.least, place.loss_rounding / (2.0 * step) / BOUNDS[DIFFERENCES])
    for _ in range(REDRAWS):
        v = place.direction(parts, rng, ALIKE)
        v /= max(norm(v), 1e-300)
        ends = place.u + step * v, place.u - step * v
        upper, lower = (place.point.loss(u).real for u in ends)
        error = relative(dot(place.gradient, v), (upper - lower) / (2.0 * step), least)
        if error <= BOUNDS[DIFFERENCES]:
            break
        above, below = (dot(place.point.loss_and_gradient(u)[1], v) for u in ends)
        if relative(above, below, place.least) < JUMP:
            break
    return error
