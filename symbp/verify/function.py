"""A function of a formula and its derivatives, executed: its values and every element of every derivative.

The values are compared with those that the formula has when it is evaluated one element at a time; a derivative with
the complex step of what it is the derivative of, as the very same text computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symbp.errors import Problem, VerificationError
from symbp.verify.loading import loaded

STEP = 1e-200
BOUND = 1e-9  # of the error, relative to the largest element


@dataclass(frozen=True, slots=True)
class Checked:
    """The result `name` is the derivative of the result `of` by the argument `by`.

    `weight` names the argument that `of` is multiplied by first, all elements added up, or is empty."""

    name: str
    of: str
    by: str
    weight: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """Arguments by name in order, and the values that results must have.  Arrays map places to numbers."""

    arguments: Mapping[str, Mapping[tuple[int, ...], Any]]
    integers: frozenset[str]
    values: Mapping[str, Mapping[tuple[int, ...], Any]]


def check_function(source: str, name: str, results: Sequence[str], derivatives: Sequence[Checked], case: Case) -> None:
    """Raises VerificationError where the function `name` of the module text `source` computes something else."""
    given = {k: _array(v, k in case.integers) for k, v in case.arguments.items()}
    with loaded(source) as module:
        function = getattr(module, name)

        def call(arguments: Mapping[str, Any]) -> dict[str, Any]:
            try:
                found = function(*arguments.values())
            except Exception as error:  # whatever the text does: it is the thing under test
                raise _failed(f"{name} fails with {type(error).__name__}: {error}") from error
            return dict(zip(results, found if len(results) > 1 else (found,), strict=True))

        here = call(given)
        for result, wanted in case.values.items():
            _compare(result, here[result], _array(wanted, False), "evaluated one element at a time")
        for d in derivatives:
            _compare(d.name, here[d.name], _by_complex_step(call, d, given), f"the complex step of {d.of}")


def _by_complex_step(call: Callable[[Mapping[str, Any]], dict[str, Any]], d: Checked, given: Mapping[str, Any]) -> Any:
    """The derivative, one coordinate of the argument after another; its axes are the last ones."""
    columns = []
    shape = given[d.by].shape
    for at in np.ndindex(*shape):
        moved = given[d.by].astype(complex)
        moved[at] += 1j * STEP
        value = np.asarray(call({**given, d.by: moved})[d.of])
        columns.append((np.sum(value * given[d.weight]) if d.weight else value).imag / STEP)
    whole = np.stack(columns, axis=-1)
    return whole.reshape((*whole.shape[:-1], *shape))


def _array(values: Mapping[tuple[int, ...], Any], integer: bool) -> Any:
    shape = tuple(1 + max(at[k] for at in values) for k in range(len(next(iter(values)))))
    array = np.zeros(shape, np.intp if integer else float)
    for at, value in values.items():
        array[at] = value
    return array


def _compare(name: str, found: Any, wanted: Any, how: str) -> None:
    found = np.asarray(found)
    if found.shape != wanted.shape:
        raise _failed(f"{name} has the shape {found.shape}, it should be {wanted.shape}")
    error = np.max(np.abs(found - wanted), initial=0.0)
    if not error <= BOUND * max(1.0, np.max(np.abs(wanted), initial=0.0)):
        raise _failed(f"{name} differs from {how} by {error:.1e}")


def _failed(message: str) -> VerificationError:
    return VerificationError(Problem("V505", f"the NumPy form is wrong: {message}"))
