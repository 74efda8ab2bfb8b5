"""Every parameter and every real input: is the gradient that the module gives the derivative of the loss it gives?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from symbp.verify.balance import ALIKE, balanced, draw_parameters
from symbp.verify.contract import Module
from symbp.verify.model import FAILED, WEAK, Row, judged
from symbp.verify.modes import FREE, batches, fixed
from symbp.verify.projections import BOUNDS, COMPLEX_STEP, DIFFERENCES, NOISE, Place
from symbp.verify.samples import Part, Point, draw

MANY = 64  # above so many tensors they are checked together, and one by one only where that fails
COMBINATIONS = {False: 4, True: 2}  # of the parts on the common scale, and of each group of smaller ones
CALMER = (0.7, 0.4, 0.2, 0.1)  # gains of the parameters, for a second look
NAMED = 8  # at most so many failing tensors are searched for
METHODS = (COMPLEX_STEP, DIFFERENCES)


@dataclass(slots=True)
class _Tally:
    """What was seen of one part by one method."""

    points: int = 0
    error: float = 0.0
    share: float = 0.0  # the largest share of the largest norm that its gradient had at any point
    missed: float = 0.0  # the worst error on its own scale where that was above the bound

    def add(self, error: float, share: float) -> None:
        self.points += 1
        self.error = max(self.error, error)
        self.share = max(self.share, share)


@dataclass(slots=True)
class _Report:
    tallies: dict[tuple[str, str], _Tally] = field(default_factory=dict)
    named: bool = False  # failing parts were searched for: once is enough

    def of(self, subject: str, method: str) -> _Tally:
        return self.tallies.setdefault((subject, method), _Tally())

    def rows(self) -> list[Row]:
        """Sorted by method, the subjects in the order of the flat vector."""
        order = sorted(self.tallies.items(), key=lambda item: METHODS.index(item[0][1]))
        return [_row(subject, method, tally) for (subject, method), tally in order]


def _row(subject: str, method: str, tally: _Tally) -> Row:
    bound = BOUNDS[method]
    if not tally.error <= bound:
        return Row(subject, method, tally.points, tally.error, bound, FAILED)
    if tally.share >= ALIKE:
        return judged(subject, method, tally.points, tally.error, bound)
    if tally.missed > bound:
        note = "compared on its own small scale"
        return Row(subject, method, tally.points, tally.missed, bound, FAILED, note)
    note = "zero at every point" if tally.share < NOISE else f"at most {tally.share:.0e} of the largest"
    return Row(subject, method, tally.points, tally.error, bound, WEAK, note)


def check_gradients(module: Module, seed: int = 0, *, stops: bool = False) -> list[Row]:
    """One row per part and method, at batches of 1, 2 and 5 samples; a few rows for all parts where there are many.

    Draws and states are the same in every call.  `stops`: gradients take some values for constants, through which
    differences would see.  The complex step does not: of what is stopped, a module takes the real part."""
    module = fixed(module, seed)
    report = _Report()
    for n, free in zip(batches(module), FREE, strict=True):
        rng = np.random.default_rng((seed, n))
        point = Point(module, draw(module, n, free, rng))
        with np.errstate(all="ignore"):
            place = Place(point, balanced(point, rng))
        for method in METHODS[:1] if stops else METHODS:
            if len(point.parts) > MANY:
                _together(place, method, report, rng)
            else:
                _one_by_one(place, point.parts, method, report, rng)
    _second_look(module, report, seed)
    return report.rows()


def _on_its_own(place: Place, part: Part, method: str) -> bool:
    """Whether a part is compared on the scale of its own gradient too, since that is small, and yet no rounding."""
    return method == COMPLEX_STEP and place.share(part) < ALIKE and place.resolved(part)


def _one_by_one(place: Place, parts: tuple[Part, ...], method: str, report: _Report, rng: np.random.Generator) -> None:
    for part in parts:
        tally, share = report.of(part.label, method), place.share(part)
        if _on_its_own(place, part, method):
            own = place.error(method, (part,), rng, own=True)
            if own <= BOUNDS[method]:
                share = 1.0  # as well seen as a large one
            else:
                tally.missed = max(tally.missed, own)
        tally.add(place.error(method, (part,), rng), share)


def _second_look(module: Module, report: _Report, seed: int) -> None:
    """Parts that were only wrong on their own small scale, at points where less is saturated.

    Where all units are saturated the closed form of a slope, such as 1 - y**2, may have no digits left; that is no
    error.  A wrong gradient is wrong at the other points too.
    """
    doubtful = {label for (label, _), t in report.tallies.items() if t.missed > 0.0 and t.share < ALIKE}
    for gain in CALMER if doubtful else ():
        rng = np.random.default_rng((seed, round(100 * gain)))
        point = Point(module, draw(module, batches(module)[-1], FREE[-1], rng))
        with np.errstate(all="ignore"):
            place = Place(point, point.start(draw_parameters(module, gain, rng)))
        for part in point.parts:
            if part.label in doubtful and report.of(part.label, COMPLEX_STEP).share < ALIKE:
                _one_by_one(place, (part,), COMPLEX_STEP, report, rng)


def _together(place: Place, method: str, report: _Report, rng: np.random.Generator) -> None:
    """Random combinations over all parts; where one fails, halves of them until single parts are named."""
    parts = place.point.parts
    for group, own in _groups(place, parts, method):
        worst = _combined(place, group, method, own, rng)
        tally = report.of(f"all {len(parts)} tensors", method)
        if own:
            tally.add(worst if worst <= BOUNDS[method] else 0.0, 1.0)
        else:
            tally.add(worst, min(place.share(part) for part in group))
        if worst > BOUNDS[method] and (own or not report.named):
            report.named = report.named or not own
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
