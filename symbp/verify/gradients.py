"""Every parameter and every real input: is the gradient that the module gives the derivative of the loss it gives?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from symbp.verify.balance import ALIKE, balanced
from symbp.verify.contract import Module
from symbp.verify.model import FAILED, WEAK, Row, judged
from symbp.verify.projections import BOUNDS, COMPLEX_STEP, DIFFERENCES, NOISE, Place
from symbp.verify.samples import BATCHES, FREE, Part, Point, draw

MANY = 64  # above so many tensors they are checked together, and one by one only where that fails
COMBINATIONS = {False: 4, True: 2}  # of the parts on the common scale, and of each group of smaller ones
NAMED = 8  # at most so many failing tensors are searched for
METHODS = (COMPLEX_STEP, DIFFERENCES)


@dataclass(slots=True)
class _Tally:
    """What was seen of one part by one method."""

    points: int = 0
    error: float = 0.0
    share: float = 0.0  # the largest share of the largest norm that its gradient had at any point

    def add(self, error: float, share: float) -> None:
        self.points += 1
        self.error = max(self.error, error)
        self.share = max(self.share, share)


@dataclass(slots=True)
class _Report:
    tallies: dict[tuple[str, str], _Tally] = field(default_factory=dict)
    named: bool = False  # failing parts were searched for: once is enough

    def add(self, subject: str, method: str, error: float, share: float) -> None:
        self.tallies.setdefault((subject, method), _Tally()).add(error, share)

    def rows(self) -> list[Row]:
        """Sorted by method, the subjects in the order of the flat vector."""
        found = []
        for method in METHODS:
            for (subject, used), tally in self.tallies.items():
                if used == method:
                    found.append(_row(subject, method, tally))
        return found


def _row(subject: str, method: str, tally: _Tally) -> Row:
    bound = BOUNDS[method]
    if not tally.error <= bound:
        return Row(subject, method, tally.points, tally.error, bound, FAILED)
    if tally.share < ALIKE:
        note = "zero at every point" if tally.share < NOISE else f"at most {tally.share:.0e} of the largest"
        return Row(subject, method, tally.points, tally.error, bound, WEAK, note)
    return judged(subject, method, tally.points, tally.error, bound)


def check_gradients(module: Module, seed: int = 0) -> list[Row]:
    """One row per part and method, at batches of 1, 2 and 5 samples; a few rows for all parts where there are many."""
    report = _Report()
    for n, free in zip(BATCHES, FREE, strict=True):
        rng = np.random.default_rng((seed, n))
        point = Point(module, draw(module, n, free, rng))
        with np.errstate(all="ignore"):
            place = Place(point, balanced(point, rng))
        for method in METHODS:
            if len(point.parts) > MANY:
                _together(place, method, report, rng)
            else:
                _one_by_one(place, point.parts, method, report, rng)
    return report.rows()


def _on_its_own(place: Place, part: Part, method: str) -> bool:
    """Whether a part is compared on the scale of its own gradient, since that is small, and yet no rounding."""
    return method == COMPLEX_STEP and place.share(part) < ALIKE and place.resolved(part)


def _one_by_one(place: Place, parts: tuple[Part, ...], method: str, report: _Report, rng: np.random.Generator) -> None:
    for part in parts:
        own = _on_its_own(place, part, method)
        report.add(part.label, method, place.error(method, (part,), rng, own), 1.0 if own else place.share(part))


def _together(place: Place, method: str, report: _Report, rng: np.random.Generator) -> None:
    """Random combinations over all parts; where one fails, halves of them until single parts are named."""
    parts = place.point.parts
    for group, own in _groups(place, parts, method):
        worst = _combined(place, group, method, own, rng)
        weakest = 1.0 if own else min(place.share(part) for part in group)
        report.add(f"all {len(parts)} tensors", method, worst, weakest)
        if worst > BOUNDS[method] and not report.named:
            report.named = True
            _search(place, group, method, own, report, rng, NAMED)


def _groups(place: Place, parts: tuple[Part, ...], method: str) -> list[tuple[tuple[Part, ...], bool]]:
    """Parts that are checked together, and whether on their own scale: then they are of like size."""
    groups: dict[int, list[Part]] = {}
    for part in parts:
        own = _on_its_own(place, part, method)
        size = math.floor(math.log10(place.share(part)) / 4.0) if own else 0
        groups.setdefault(size, []).append(part)
    return [(tuple(group), size < 0) for size, group in sorted(groups.items(), reverse=True)]


def _combined(place: Place, parts: tuple[Part, ...], method: str, own: bool, rng: np.random.Generator) -> float:
    draws = COMBINATIONS[own] if method == COMPLEX_STEP else 1  # differences are a median of five draws already
    return max(place.error(method, parts, rng, own) for _ in range(draws))


def _search(
    place: Place,
    parts: tuple[Part, ...],
    method: str,
    own: bool,
    report: _Report,
    rng: np.random.Generator,
    wanted: int,
) -> int:
    """Name up to `wanted` failing parts; returns how many were found."""
    if len(parts) == 1:
        _one_by_one(place, parts, method, report, rng)
        return 1
    found = 0
    middle = len(parts) // 2
    for half in (parts[:middle], parts[middle:]):
        if found < wanted and _combined(place, half, method, own, rng) > BOUNDS[method]:
            found += _search(place, half, method, own, report, rng, wanted - found)
    return found
