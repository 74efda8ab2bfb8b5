"""Measures what array operations cost on this machine: the tables of a `Machine`, for `symbp tune`.

Every entry is timed in several rounds over the whole table, so that a disturbed moment hits each entry once at most;
an entry's time is the median within a round and the least of the rounds.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from symbp import loops
from symbp.passes.machine import STRIDES, TURNED, Machine, Products, Streams, Strides, monotone

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 512, 2048, 8192)  # of products
NUMBERS = (1 << 6, 1 << 10, 1 << 13, 1 << 16, 1 << 19, 1 << 22)  # from the first cache to memory
RUNS = (1, 2, 4, 8, 16, 32, 64, 128, 512, 2048, 8192)  # and arrays without a gap
FEW = 1 << 10
MOST_SCATTERED = 1 << 16
WHOLE = 1 << 30  # the run of those
OFTEN = 50  # what takes less than the clock is timed so often at once
LONG = 2_000_000  # nanoseconds: what takes longer is timed once a round
LARGEST_PRODUCT, LARGEST_OPERAND = 1 << 24, 1 << 21  # multiply-adds, numbers; larger ones follow from smaller ones
FUNCTIONS = (
    "add", "subtract", "multiply", "divide", "negative", "reciprocal", "square", "sqrt", "power", "exp", "expm1", "log",
    "log1p", "tanh", "sin", "cos", "maximum", "greater", "sign", "where", "mask",
)  # fmt: skip
Real = NDArray[np.float32]
Work = Callable[[], object]


@dataclass(slots=True)
class _Timer:
    """Times pieces of work and keeps the best of each."""

    times: int  # how often a piece is timed in a round
    best: dict[str, float] = field(default_factory=dict)  # nanoseconds

    def time(self, key: str, work: Work, repeat: int = 1) -> None:
        """The time of one of the `repeat` operations that the work holds: the median, if it is the best so far."""
        if key not in self.best:
            work()
        taken = list[int]()
        while sum(taken) < LONG and len(taken) < self.times:
            start = time.perf_counter_ns()
            work()
            taken.append(time.perf_counter_ns() - start)
        nanoseconds = max(median(taken), 1.0) / repeat
        self.best[key] = min(nanoseconds, self.best.get(key, nanoseconds))


def measure(name: str, seconds: float = 10.0, progress: Callable[[float], None] = lambda done: None) -> Machine:
    """The profile of this machine under this name, after one round at least and as many as these seconds hold.

    `progress` hears which part of the time is over.
    """
    pool = np.random.default_rng(0).standard_normal(3 * NUMBERS[-1], dtype=np.float32)
    passes = ((key, _often(work), OFTEN) if n <= FEW else (key, work, 1) for key, n, work in _streams(pool))
    parts = [*passes, *_products(pool), *_columns(pool), *_calls(pool)]
    timer, start, done = _Timer(3 if seconds >= 1 else 1), time.perf_counter(), 0.0
    while not timer.best or done < 1:
        for j, (key, work, repeat) in enumerate(parts):
            timer.time(key, work, repeat)
            if j % 100 == 0:
                done = (time.perf_counter() - start) / seconds if seconds > 0 else 1.0
                progress(min(done, 1.0))
                if done >= 1 and len(timer.best) == len(parts):
                    break
    return _machine(name, timer.best)


Part = tuple[str, Work, int]


def _machine(name: str, best: dict[str, float]) -> Machine:
    """The tables from the times."""
    plain = {f: best[f"function {f}"] for f in FUNCTIONS}
    extra = tuple((f, max(0.0, t - plain["add"]) / NUMBERS[2]) for f, t in plain.items())
    return Machine(
        name,
        _processor(),
        f"numpy {np.__version__}, {_blas()}",
        tuple(Products(best["call product"], SIZES, _filled(best, turned)) for turned in TURNED),
        _table(best, "copy"),
        tuple(_table(best, f"chain {k}") for k in (1, 2, 3)),
        _table(best, "inner"),
        _table(best, "outer"),
        _table(best, "gather"),
        _table(best, "scatter"),
        tuple((f, t) for f, t in extra if t > 0.02),
        loops.measured(),
        Strides(STRIDES.rows, STRIDES.bytes, tuple(_beyond(best, rows) for rows in STRIDES.rows)),
    )


def _beyond(best: dict[str, float], rows: int) -> tuple[float, ...]:
    """Nanoseconds that rows at each of the distances cost beyond those that lie 64 bytes further apart."""
    pairs = ((best[f"columns {rows} {apart}"], best[f"columns {rows} {apart + 64}"]) for apart in STRIDES.bytes)
    return tuple(max(0.0, 4 * (one - other) / (rows * b)) for (one, other), b in zip(pairs, STRIDES.bytes, strict=True))


def _table(best: dict[str, float], kind: str) -> Streams:
    """Nanoseconds per number: not rising with the run from 2 on, and more numbers never take less time."""
    call = best[f"call {kind}"]
    runs = (*RUNS, WHOLE)
    each = [[_each(best, kind, n, r, call) for r in runs] for n in NUMBERS]
    each = [[row[0], *monotone(row[1:], rising=False)] for row in each]
    columns = [monotone([each[i][j] * n for i, n in enumerate(NUMBERS)], rising=True) for j in range(len(runs))]
    return Streams(call, NUMBERS, runs, tuple(tuple(c[i] / n for c in columns) for i, n in enumerate(NUMBERS)))


def _each(best: dict[str, float], kind: str, n: int, run: int, call: float) -> float:
    """Nanoseconds for a number of n in such runs; the most that was measured stands for more."""
    while f"{kind} {n} {run if run < n else WHOLE}" not in best:
        n = NUMBERS[NUMBERS.index(n) - 1]
    return max(best[f"{kind} {n} {run if run < n else WHOLE}"] - call, 0.01 * n) / n


def _filled(best: dict[str, float], turned: str) -> tuple[float, ...]:
    """All entries of products: those too large to time in proportion to one with a smaller largest size."""
    made = list[float]()
    for shape in ((m, n, k) for m in SIZES for n in SIZES for k in SIZES):
        known, factor = list(shape), 1.0
        while f"product{turned} {tuple(known)}" not in best:
            at = known.index(max(known))
            smaller = SIZES[SIZES.index(known[at]) - 1]
            factor *= known[at] / smaller
            known[at] = smaller
        made.append(factor * best[f"product{turned} {tuple(known)}"])
    return tuple(made)


def _products(pool: Real) -> Iterator[Part]:
    """Products of every shape that is not too large; small ones in batches, since a call costs more than they do."""
    for turned in TURNED:
        for m, n, k in ((m, n, k) for m in SIZES for n in SIZES for k in SIZES):
            largest = max(m * k, k * n, m * n)
            if m * n * k > LARGEST_PRODUCT or largest > LARGEST_OPERAND:
                continue
            count = max(1, min(256, (1 << 17) // (m * n * k), (1 << 15) // largest))
            a = pool[: count * m * k].reshape(count, m, k)
            b = pool[LARGEST_OPERAND:][: count * k * n].reshape(count, k, n)
            if turned == "a":
                a = a.reshape(count, k, m).transpose(0, 2, 1)
            if turned == "b":
                b = b.reshape(count, n, k).transpose(0, 2, 1)
            out = np.empty((count, m, n), np.float32)
            yield f"product{turned} {(m, n, k)}", partial(np.matmul, a, b, out), count


def _streams(pool: Real) -> Iterator[tuple[str, int, Work]]:
    """Every pass over memory, by size and run."""
    for n in NUMBERS:
        for run in (*(r for r in RUNS if r < n), WHOLE):
            x, y, z = _operands(pool, n, run)
            yield f"copy {n} {run}", n, partial(np.copyto, z, x)
            yield f"chain 1 {n} {run}", n, partial(np.multiply, x, 1.0, x)
            yield f"chain 2 {n} {run}", n, partial(np.add, z, x, z)
            yield f"chain 3 {n} {run}", n, partial(np.add, y, x, z)
            yield from _rows(pool, n, min(run, n))


def _operands(pool: Real, n: int, run: int) -> tuple[Real, Real, Real]:
    """One array with gaps and two without, of the same shape; a run of 1 is an array that lies transposed."""
    first, second, third = (pool[i * NUMBERS[-1] :] for i in range(3))
    if run >= n:
        return first[:n], second[:n], third[:n]
    if run == 1:  # rows of a stride that is no power of two, which would measure the cache's aliasing
        side = 32
        x = as_strided(first, (n // side, side), (4, 4 * (n // side + 16) if n < NUMBERS[-1] else 4 * (n // side)))
        return x, second[:n].reshape(x.shape), third[:n].reshape(x.shape)
    rows, gap = n // run, run + 16 if run > 16 and 2 * n < NUMBERS[-1] else run + 2
    gap = min(gap, first.size // rows)
    x = as_strided(first, (rows, run), (4 * gap, 4))
    return x, second[:n].reshape(rows, run), third[:n].reshape(rows, run)


def _rows(pool: Real, n: int, run: int) -> Iterator[tuple[str, int, Work]]:
    """Reductions of contiguous memory and reads of whole rows."""
    key = WHOLE if run == n else run
    x = pool[:n].reshape(-1, run)
    rows = len(x)
    yield f"inner {n} {key}", n, partial(np.add.reduce, x, 1, None, np.empty(rows, np.float32))
    yield f"outer {n} {key}", n, partial(np.add.reduce, x, 0, None, np.empty(run, np.float32))
    table = pool[NUMBERS[-1] :][: max(min(n, 1 << 16), run)].reshape(-1, run)
    where = np.random.default_rng(1).integers(0, len(table), rows)
    out = pool[2 * NUMBERS[-1] :][:n].reshape(x.shape)
    yield f"gather {n} {key}", n, partial(np.take, table, where, axis=0, out=out, mode="clip")
    if n <= MOST_SCATTERED:
        yield f"scatter {n} {key}", n, partial(np.add.at, np.zeros_like(table), where, x)


def _columns(pool: Real) -> Iterator[Part]:
    """Copies that turn rows whose distance is a power of two, and rows that lie 64 bytes further apart."""
    for rows, apart in ((r, b) for r in STRIDES.rows for b in STRIDES.bytes):
        z = pool[2 * NUMBERS[-1] :][: rows * apart // 4].reshape(-1, rows)
        for gap in (apart, apart + 64):
            yield f"columns {rows} {gap}", partial(np.copyto, z, as_strided(pool, z.shape, (4, gap))), 1


def _calls(pool: Real) -> Iterator[Part]:
    """One call of each kind on next to nothing, and functions of as many numbers as the first cache holds."""
    x, y, z = (pool[i : i + 16].reshape(4, 4) for i in (0, 16, 32))
    few, where = np.empty(4, np.float32), np.array([1, 2])
    tiny = {
        "copy": partial(np.copyto, z, x),
        "chain 1": partial(np.multiply, x, 1.0, x),
        "chain 2": partial(np.add, z, x, z),
        "chain 3": partial(np.add, x, y, z),
        "product": partial(np.matmul, x, y, z),
        "inner": partial(np.add.reduce, x, 1, None, few),
        "outer": partial(np.add.reduce, x, 0, None, few),
        "gather": partial(np.take, x, where, axis=0, out=y[:2], mode="clip"),
        "scatter": partial(np.add.at, z, where, y[:2]),
    }
    for kind, work in tiny.items():
        yield f"call {kind}", _often(work), OFTEN
    n = NUMBERS[2]
    u, v, w = np.abs(pool[:n]) + 0.1, np.abs(pool[n : 2 * n]) + 0.1, np.empty(n, np.float32)
    mask = pool[:n] > 0
    for f in FUNCTIONS:
        ufunc = getattr(np, f, None)
        if f == "where":
            yield "function where", partial(np.copyto, w, u, where=mask), 1
        elif f == "mask":
            yield "function mask", partial(np.multiply, u, mask, w), 1
        elif f == "greater":
            yield "function greater", partial(np.greater, u, v, mask), 1
        elif ufunc is not None:
            yield f"function {f}", partial(ufunc, u, v, out=w) if ufunc.nin == 2 else partial(ufunc, u, w), 1


def _often(work: Work, times: int = OFTEN) -> Work:
    return lambda: [work() for _ in range(times)]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _blas() -> str:
    built = np.show_config(mode="dicts")
    blas = built.get("Build Dependencies", {}).get("blas", {}) if isinstance(built, dict) else {}
    return f"{blas.get('name', 'blas')} {blas.get('version', '')}".strip()
