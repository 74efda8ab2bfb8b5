"""Measures what compiled loops cost on this machine, where numba is there to compile them: for `symbp tune`."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symbp.emit.compiled.functions import of_numbers
from symbp.emit.layout import indented
from symbp.passes.machine import LOOPS
from symbp.verify.loading import loaded

NUMBERS, ROW = 2048, 8  # in the first cache
SAMPLES, SIDE = 32, 16  # of products
ROUNDS, TIMES = 20, 40
# What stands in a loop, by the name that statements have for it: with the functions of a module.
FUNCTIONS = {
    "sqrt": "np.sqrt(z)", "log": "np.log(z)", "log1p": "np.log1p(z)", "expm1": "np.expm1(z)", "sin": "np.sin(z)",
    "cos": "np.cos(z)", "exp": "exponential(z)", "tanh": "tangent(z)", "sigmoid": "logistic(z, number(1), number(88))",
    "divide": "number(1.5) / z", "maximum": "larger(z, number(0))", "where": "z if z > number(1) else number(0)",
}  # fmt: skip
SAME = {"reciprocal": "divide", "minimum": "maximum"}
HEAD = """
import math
from typing import Any
import numba
import numpy as np

number = np.float32
compiled = numba.njit(error_model="numpy")
compiled_for = numba.extending.overload
"""
Work = Callable[..., None]


def measured() -> tuple[tuple[str, float], ...]:
    """The constants of `LOOPS`: those of this machine, or as they stand there where numba is missing.

    Functions are those that a generated module has: the exponential and what is made of it are polynomials.
    """
    if importlib.util.find_spec("numba") is None:
        return LOOPS
    compiled = importlib.import_module("numba").njit(error_model="numpy")
    x = np.linspace(0.1, 2.0, NUMBERS, dtype=np.float32)
    y, rows = np.empty_like(x), x.reshape(-1, ROW)
    works: dict[str, tuple[Work, tuple[Any, ...]]] = {
        "two": (compiled(_none_of_two), (x, x)),
        "seven": (compiled(_none_of_seven), (x,) * 7),
        "copied": (compiled(_copied), (x, y)),
        "operations": (compiled(_six_operations), (x, y)),
        "rows": (compiled(_copied_rows), (rows, np.empty_like(rows))),
        "added": (compiled(_added), (x, np.empty(1, np.float32))),
        **_products(x, compiled),
    }
    with loaded(_text()) as module:
        works |= {name: (getattr(module, f"over_{name}"), (x, y)) for name in FUNCTIONS}
        best = _best(works)
    found = {"array": max(1.0, (best["seven"] - best["two"]) / 5)}
    found["call"] = max(1.0, best["two"] - 2 * found["array"])
    found["number"] = max(0.01, (best["operations"] - best["copied"]) / (6 * NUMBERS))
    found["row"] = max(0.1, (best["rows"] - best["copied"]) * ROW / NUMBERS)
    found["fold"] = max(0.1, (best["added"] - best["two"]) / NUMBERS)
    found |= {name: max(found["number"], (best[name] - best["copied"]) / NUMBERS) for name in FUNCTIONS}
    found |= {name: found[same] for name, same in SAME.items()}
    count = SAMPLES * SIDE * SIDE
    found |= {name: max(0.01, (best[name] - best["none"]) / count) for name in ("product", "growing")}
    found["blas"] = max(1.0, best["blas"] - best["none"])
    return tuple((name, found.get(name, value)) for name, value in LOOPS)


def _products(x: Any, compiled: Callable[[Work], Work]) -> dict[str, tuple[Work, tuple[Any, ...]]]:
    """Products of small matrices, sums that grow with each sample, and a call of BLAS on next to nothing."""
    samples, weights = (x[: n * SIDE].reshape(n, SIDE) for n in (SAMPLES, SIDE))
    z, few = np.empty_like(samples), x[:4].reshape(2, 2)
    return {
        "none": (compiled(_none_of_three), (samples, weights, z)),
        "product": (compiled(_product), (samples, weights, z)),
        "growing": (compiled(_growing), (samples, z, np.zeros_like(weights))),
        "blas": (compiled(_blas), (few, few, np.empty_like(few))),
    }


def _text() -> str:
    """A module with the functions of numbers that modules have, and a loop of each."""
    parts = [HEAD]
    for function in of_numbers(("larger", "tangent", "logistic")):
        decorator = f"@compiled_for({function.instead_of})\n" if function.instead_of else ""
        decorator = "@compiled\n" if function.compiled else decorator
        parts.append(f"{decorator}def {function.name}({function.signature}):\n{indented(function.lines)}\n")
    for name, value in FUNCTIONS.items():
        loop = f"    for i in range(len(x)):\n        z = x[i]\n        y[i] = {value}\n"
        parts.append(f"@compiled\ndef over_{name}(x, y):\n{loop}")
    return "\n\n".join(parts)


def _best(works: Mapping[str, tuple[Work, tuple[Any, ...]]]) -> dict[str, float]:
    """The least nanoseconds of each, in rounds over all; the first call compiles."""
    best: dict[str, float] = {}
    for work, arrays in works.values():
        work(*arrays)
    for _ in range(ROUNDS):
        for name, (work, arrays) in works.items():
            for _ in range(TIMES):
                start = time.perf_counter_ns()
                work(*arrays)
                taken = float(time.perf_counter_ns() - start)
                best[name] = min(taken, best.get(name, taken))
    return best


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


def _none_of_three(a: Any, b: Any, c: Any) -> None:
    pass


def _product(x: Any, weights: Any, z: Any) -> None:
    for n in range(len(x)):
        for j in range(SIDE):
            total = np.float32(0)
            for i in range(SIDE):
                total += x[n, i] * weights[i, j]
            z[n, j] = total


def _growing(x: Any, z: Any, sums: Any) -> None:
    for n in range(len(x)):
        for i in range(SIDE):
            for j in range(SIDE):
                sums[i, j] += x[n, i] * z[n, j]


def _blas(x: Any, weights: Any, z: Any) -> None:
    np.dot(x, weights, out=z)
