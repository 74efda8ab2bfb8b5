"""That derived derivatives are the derivatives: by differences of the formula itself, to many digits.

The formula is evaluated at random points beside each other, with twice the digits that are compared; nothing of the
derivation takes part.  A second derivative is compared with differences of the first one, which was checked before it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any

from symbp.derive.model import Derivative, FormulaDerivation
from symbp.derive.numeric import Evaluator, UndefinedError, context
from symbp.derive.sample import Sample, Sampler
from symbp.errors import DerivationError, Problem

WORKING_DIGITS = 60
STEP, ALLOWED = "1e-20", "1e-25"  # of central differences: the error is about STEP**2
SCALES = (1.0, 0.3, 0.1, 3.0)  # of the values drawn: some formulas have a value near 0 only, ...
OFFSETS = (2, 20)  # ... others only far from it
PLACES = 24  # elements of each derivative that are compared


def check_derivatives(derived: FormulaDerivation) -> Sample:
    """A point at which all derivatives were found to be right.

    Raises DerivationError where one is wrong, or where the formula has no value at any of the points tried."""
    mp, rng = context(WORKING_DIGITS), random.Random(0)
    for sample in _samples(derived, mp, rng):
        try:
            for d in derived.derivatives:
                _check(derived, d, sample, mp, rng)
        except UndefinedError:
            continue
        return sample
    message = f"{derived.output!r} has no value at any of the points at which its derivatives were to be checked"
    hint = "name what is positive, so that it is drawn so (--positive); a formula with few points of value is refused"
    raise DerivationError(Problem("D012", message, hint=hint))


def _samples(derived: FormulaDerivation, mp: Any, rng: random.Random) -> Iterator[Sample]:
    sampler = Sampler(derived.equations, derived.tensors, derived.facts, {}, mp)
    for scale, positive in itertools.product(SCALES, (False, True)):
        yield sampler.draw(rng, scale, positive)
    by = {name for d in derived.derivatives for name in d.by}
    for offset in OFFSETS:
        sample = sampler.draw(rng, 1.0)
        far = {name: {at: offset + v for at, v in values.items()} for name, values in sample.data.items() if name in by}
        yield Sample({**sample.data, **far}, sample.sizes, sample.constants)


def _check(derived: FormulaDerivation, d: Derivative, sample: Sample, mp: Any, rng: random.Random) -> None:
    """Compare some elements of one derivative with differences of what it is the derivative of."""
    here = Evaluator(derived.equations, sample, mp)
    places = list(here.places(d.name))
    rng.shuffle(places)
    for at in places[:PLACES]:
        found = here.read(d.name, at, False)
        wanted = _difference(derived, d, at, sample, mp)
        if abs(found - wanted) > mp.mpf(ALLOWED) * max(1, abs(wanted)):
            where = f"{d.name}[{','.join(map(str, at))}]" if at else d.name
            values = f"it is {mp.nstr(wanted, 15)}, the derived form gives {mp.nstr(mp.mpf(found), 15)}"
            raise DerivationError(Problem("D012", f"the derivative {where} is wrong", hint=values))


def _difference(derived: FormulaDerivation, d: Derivative, at: tuple[int, ...], sample: Sample, mp: Any) -> Any:
    """The difference quotient of one element, of the result or of the first derivative, by one of an input."""
    rank = d.ranks[-1]
    outer, inner = at[: len(at) - rank], at[len(at) - rank :]
    step = mp.mpf(STEP)
    ends = []
    for sign in (1, -1):
        data = _moved(sample.data, d.by[-1], inner, sign * step)
        there = Evaluator(derived.equations, Sample(data, sample.sizes, sample.constants), mp)
        ends.append(_value(derived, d, outer, there))
    return (ends[0] - ends[1]) / (2 * step)


def _moved(data: Mapping[str, dict[tuple[int, ...], Any]], name: str, at: tuple[int, ...], by: Any) -> dict[str, Any]:
    return {**data, name: {**data[name], at: data[name][at] + by}}


def _value(derived: FormulaDerivation, d: Derivative, at: tuple[int, ...], there: Evaluator) -> Any:
    """The element that is differentiated: with a cotangent, the sum of the result times it."""
    if len(d.by) > 1:
        first = next(e.name for e in derived.derivatives if e.by == d.by[:1])
        return there.read(first, at, False)
    if not derived.cotangent:
        return there.read(d.of, at, False)
    given = there.data[derived.cotangent]
    return sum(given[place] * there.read(d.of, place, False) for place in there.places(d.of))
