"""That the safe form of a unit computes what its plain form says: the same values, the same gradients.

Equal text is equal.  Otherwise both are evaluated at random points, small and large, on both sides of every kink, to
40 digits; nothing is taken for granted because it looks alike.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from symbp.derive.model import ClosedForm
from symbp.derive.numeric import Evaluator, UndefinedError, context
from symbp.derive.sample import Sample, Sampler
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
    rng = random.Random(0)  # the same points in every run
    sampler = Sampler((*unit.plain, *unit.safe), unit.tensors, unit.facts, constants, mp)
    compared = 0
    for sample in (*(sampler.draw(rng, scale) for scale in SCALES), *sampler.draw_kinks(rng)):
        if not unit.is_loss:
            sample.data[f"d{unit.output}"] = sampler.upstream(unit.plain[-1].indices, rng)
        compared += _compare(unit, plain, safe, sample, mp)
    if compared == 0:
        raise DerivationError(Problem("D010", f"{unit.title}: the plain and the safe form have no value in common"))
    return CHECKED


def _compare(unit: Unit, plain: ClosedForm, safe: ClosedForm, sample: Sample, mp: Any) -> int:
    """Compare every value and gradient that both forms have; the number of places where both have one."""
    left, right = (Evaluator((*f.forward, *f.adjoints), sample, mp) for f in (plain, safe))
    wanted = [t.name for t in unit.tensors if t.role in ("input", "parameter") and not t.integer]
    compared = 0
    for name in (unit.output, *(f"d{w}" for w in wanted)):
        for at in left.places(name):
            a, b = _value(left, name, at), _value(right, name, at)
            if a is None:
                continue  # the plain form need not have a value everywhere: that is what the safe form is for
            compared += 1
            if b is None or abs(a - b) > mp.mpf(10) ** -DIGITS * max(1, abs(a)):
                raise DerivationError(
                    Problem(
                        "D011",
                        f"{unit.title}: the safe form of {name} differs from the plain one",
                        hint=f"at one point the plain form is {_digits(a, mp)}, the safe form {_digits(b, mp)}",
                    )
                )
    return compared


def _value(evaluator: Evaluator, name: str, at: tuple[int, ...]) -> Any:
    try:
        return evaluator.read(name, at, False)
    except UndefinedError:
        return None


def _digits(value: Any, mp: Any) -> str:
    return "without a value" if value is None else mp.nstr(mp.mpf(value), 20)
