"""Measures what compiled loops cost on this machine, where numba is there to compile them: for `symbp tune`."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from symbp.passes.machine import LOOPS

NUMBERS, ROW, TIMES = 8192, 8, 200
FUNCTIONS = ("sqrt", "log", "log1p", "expm1", "sin", "cos")
Work = Callable[..., None]


def measured() -> tuple[tuple[str, float], ...]:
    """The constants of `LOOPS`: those of this machine, or as they stand there where numba is missing.

    Exponentials and what is made of them are polynomials of a generated module: they are not measured.
    """
    if importlib.util.find_spec("numba") is None:
        return LOOPS
    compiled = importlib.import_module("numba").njit(error_model="numpy")
    x = np.linspace(0.1, 2.0, NUMBERS, dtype=np.float32)
    two, seven = _best(compiled(_none_of_two), x, x), _best(compiled(_none_of_seven), *[x] * 7)
    found = {"array": max(1.0, (seven - two) / 5)}
    found["call"] = max(1.0, two - 2 * found["array"])
    copied = _best(compiled(_copied), x, np.empty_like(x))
    found["number"] = max(0.01, (_best(compiled(_six_operations), x, np.empty_like(x)) - copied) / (6 * NUMBERS))
    rows = x.reshape(-1, ROW)
    found["row"] = max(0.1, (_best(compiled(_copied_rows), rows, np.empty_like(rows)) - copied) * ROW / NUMBERS)
    found["fold"] = max(0.1, (_best(compiled(_added), x, np.empty(1, np.float32)) - two) / NUMBERS)
    for name in FUNCTIONS:
        over = compiled(_over(getattr(np, name)))
        found[name] = max(0.01, (_best(over, x, np.empty_like(x)) - copied) / NUMBERS)
    return tuple((name, found.get(name, value)) for name, value in LOOPS)


def _best(work: Work, *arrays: Any) -> float:
    """The least nanoseconds of a call; the first compiles."""
    work(*arrays)
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter_ns()
        work(*arrays)
        taken.append(time.perf_counter_ns() - start)
    return float(min(taken))


def _over(function: Any) -> Work:
    def over(x: Any, y: Any) -> None:
        for i in range(len(x)):
            y[i] = function(x[i])

    return over


def _none_of_two(a: Any, b: Any) -> None:
    pass


def _none_of_seven(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any) -> None:
    pass


def _copied(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = x[i]


def _copied_rows(x: Any, y: Any) -> None:
    for i in range(len(x)):
        for j in range(x.shape[1]):
            y[i, j] = x[i, j]


def _six_operations(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = ((x[i] * x[i] + x[i]) * x[i] + x[i]) * x[i] + x[i]


def _added(x: Any, y: Any) -> None:
    total = y[0]
    for i in range(len(x)):
        total += x[i]
    y[0] = total
