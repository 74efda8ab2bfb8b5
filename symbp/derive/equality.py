"""That the safe form of a unit computes what its plain form says: the same values, the same gradients.

Equal text is equal, and so are equations that read equal values alike.  All others are evaluated at random points,
small and large, on both sides of every kink, to 40 digits; nothing is taken for granted because it looks alike.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from symbp.derive.model import ClosedForm
from symbp.derive.numeric import Evaluator, UndefinedError, context
from symbp.derive.sample import Sample, Sampler
from symbp.derive.shared import Shared, sizes_in, sizes_of
from symbp.errors import DerivationError, Problem
from symbp.graph.model import Unit

DIGITS = 40
WORKING_DIGITS = 80
SCALES = (0.5, 3.0, 12.0)  # of the values drawn: near the kink at 0, around the kinks at 1, 3 and 6, and well beyond
SAME, CHECKED = "same", f"checked to {DIGITS} digits"


def show_equal(unit: Unit, plain: ClosedForm, safe: ClosedForm, constants: Mapping[str, float]) -> str:
    """How the two forms were shown equal: "same" or "checked to 40 digits"; `DerivationError` where they differ.

    `constants` gives values to the unit's constants (those of a node that uses it); the others are drawn at random.
    """
    if unit.plain == unit.safe:
        return SAME
    mp = context(WORKING_DIGITS)
    if _by_parts(unit, plain, safe, constants, mp):
        return CHECKED
    rng = random.Random(0)  # the same points in every run
    sampler = Sampler((*unit.plain, *unit.safe), unit.tensors, unit.facts, constants, mp)
    unseen = {unit.output, *(f"d{w}" for w in _wanted(unit))}
    for sample in _samples(sampler, rng):
        if not unit.is_loss:
            sample.data[f"d{unit.output}"] = sampler.upstream(unit.plain[-1].indices, rng)
        unseen -= _compared(unit, plain, safe, sample, mp)
    if unseen:
        what = " and ".join(sorted(unseen))
        raise DerivationError(Problem("D010", f"{unit.title}: plain and safe form of {what} have no value in common"))
    return CHECKED


def _by_parts(unit: Unit, plain: ClosedForm, safe: ClosedForm, constants: Mapping[str, float], mp: Any) -> bool:
    """Is each equation that differs equal for any values of what the forms have in common?"""
    shared = Shared.of(unit, plain, safe)
    wanted = {unit.output, *(f"d{w}" for w in _wanted(unit))}
    while True:
        shared.grow()
        if wanted <= shared.known:
            return True
        name = shared.next()
        if name is None or not _equal_part(shared, name, constants, mp):
            return False
        shared.known.add(name)


def _equal_part(shared: Shared, name: str, constants: Mapping[str, float], mp: Any) -> bool:
    rng = random.Random(0)
    cones = [shared.cone(name, form) or [] for form in (shared.left, shared.right)]
    equations = [e for cone in cones for e in cone]
    inputs = shared.inputs(equations)
    sizes = sizes_in(equations, inputs)
    facts = [f for f in shared.unit.facts if sizes_of(f) <= sizes]
    found = False
    for sample in _samples(Sampler(equations, inputs, facts, constants, mp), rng):
        left, right = (Evaluator(cone, sample, mp) for cone in cones)
        for at in left.places(name):
            a, b = _value(left, name, at), _value(right, name, at)
            found = found or a is not None
            if a is not None and (b is None or _differ(a, b, mp)):
                return False
    return found


def _differ(a: Any, b: Any, mp: Any) -> bool:
    return bool(abs(a - b) > mp.mpf(10) ** -DIGITS * max(1, abs(a)))


def _samples(sampler: Sampler, rng: random.Random) -> Iterator[Sample]:
    """Small and large values of both signs, positive ones (a logarithm may be asked), and the places of the kinks."""
    for scale in SCALES:
        yield sampler.draw(rng, scale)
        yield sampler.draw(rng, scale, positive=True)
    yield from sampler.draw_kinks(rng)


def _wanted(unit: Unit) -> list[str]:
    return [t.name for t in unit.tensors if t.role in ("input", "parameter") and not t.integer]


def _compared(unit: Unit, plain: ClosedForm, safe: ClosedForm, sample: Sample, mp: Any) -> set[str]:
    """Compare every value and gradient where both forms have one; the names of those that were compared."""
    left, right = (Evaluator((*f.forward, *f.adjoints), sample, mp) for f in (plain, safe))
    compared: set[str] = set()
    for name in (unit.output, *(f"d{w}" for w in _wanted(unit))):
        for at in left.places(name):
            a, b = _value(left, name, at), _value(right, name, at)
            if a is None:
                continue  # the plain form need not have a value everywhere: that is what the safe form is for
            compared.add(name)
            if b is None or _differ(a, b, mp):
                message = f"{unit.title}: the safe form of {name} differs from the plain one"
                values = f"the plain form is {_digits(a, mp)}, the safe form {_digits(b, mp)}"
                raise DerivationError(Problem("D011", message, hint=f"{_where(unit, sample, at, mp)}{values}"))
    return compared


def _where(unit: Unit, sample: Sample, at: tuple[int, ...], mp: Any) -> str:
    """The inputs at the place that differs, where they have that place: "at z = 0.5 "."""
    found = [(t.name, sample.data[t.name]) for t in unit.tensors if t.role in ("input", "data")]
    here = [f"{name} = {_digits(array[at], mp)}" for name, array in found if at and at in array]
    return f"at {', '.join(here)} " if here else ""


def _value(evaluator: Evaluator, name: str, at: tuple[int, ...]) -> Any:
    try:
        return evaluator.read(name, at, False)
    except UndefinedError:
        return None


def _digits(value: Any, mp: Any) -> str:
    return "without a value" if value is None else str(mp.nstr(mp.mpf(value), 20))
