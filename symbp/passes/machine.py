"""What array operations cost on one machine: every choice between equal programs compares these seconds.

Nothing is timed while a module is generated.  A `Machine` holds measured tables (`symbp tune` writes those of the
machine that it runs on; the package holds one profile, the default), and the same spec with the same profile gives the
same text.  All times are those of one NumPy call in float32 on one thread, with `out=`, the overhead of the call
included:

    machine = default_machine()
    machine.product(64, 64, 256)                      # matmul of (64, 256) and (256, 64)
    machine.product(2, 12, 900, count=8, turned="b")  # a batch of eight; the right operand is a transposed view
    machine.copy(8192, 64)                            # 8,192 numbers in contiguous runs of 64
    machine.elementwise(8192, 3)                      # z = x + y without gaps; x += y has 2 arrays, x *= 2. has 1
    machine.elementwise(8192, 2, 8192, "exp")         # the function counts too
    machine.reduce(8192, 64)                          # 128 sums over contiguous runs of 64
    machine.reduce(8192, 64, inner=False)             # 64 sums over 128 rows: the contiguous axis stays
    machine.gather(8192, 64)                          # `take` of 128 rows of 64 numbers
    machine.scatter(8192, 64)                         # `add.at` of 128 rows of 64 numbers
    machine.call                                      # any call at all
    machine.loop("row", 64)                           # the overhead of 64 rows in a compiled loop
    machine.aliased(64, 4096)                         # more for a number of a copy that turns 64 rows of 4,096 bytes

A run is the number of places that lie without a gap in every operand.  A run of all numbers is a contiguous array; a
run of 1 is a transposition.  Operands of up to `numbers` are warm as the caches allow: tables are by size.

How a pass records what it chose is in `symbp.passes.ledger` (`Choice`, `ByCost`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, gcd, log

NANO = 1e-9
UNCACHED = 1 << 22  # numbers that no cache holds
TURNED = ("", "a", "b")  # operands as they lie, the left one transposed, the right one transposed


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """Passes over memory: nanoseconds per number, beyond those of the call, by size (rows) and run (columns).

    The last run stands for arrays without any gap.
    """

    call: float  # nanoseconds
    numbers: tuple[int, ...]
    runs: tuple[int, ...]
    each: tuple[tuple[float, ...], ...]

    def seconds(self, numbers: float, run: float) -> float:
        """One pass over so many numbers; between the measured sizes the logarithm is interpolated."""
        if numbers <= 0:
            return self.call * NANO
        row, at = _bracket(self.numbers, numbers)
        whole = len(self.runs) - 1
        column, beside = (whole, 0.0) if run >= numbers else _bracket(self.runs[:-1], run)
        rate = 0.0
        for i, p in ((row, 1 - at), (row + 1, at)):
            for j, q in ((column, 1 - beside), (column + 1, beside)):
                if p * q:
                    rate += p * q * log(self.each[i][j])
        return (self.call + numbers * exp(rate)) * NANO


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """Matrix products (m, k) (k, n): nanoseconds of each of a batch, beyond those of the call, at powers of the sizes.

    `each` has the sizes of k innermost, then n, then m.
    """

    call: float
    sizes: tuple[int, ...]
    each: tuple[float, ...]

    def nanoseconds(self, m: float, n: float, k: float) -> float:
        """One product; a size beyond the table costs in proportion."""
        count = len(self.sizes)
        (a, u), (b, v), (c, w) = (_bracket(self.sizes, size) for size in (m, n, k))
        total = 0.0
        for i, p in ((a, 1 - u), (a + 1, u)):
            for j, q in ((b, 1 - v), (b + 1, v)):
                for h, r in ((c, 1 - w), (c + 1, w)):
                    if p * q * r:
                        total += p * q * r * log(self.each[(i * count + j) * count + h])
        beyond = 1.0
        for size in (m, n, k):
            beyond *= max(1.0, size / self.sizes[-1])
        return exp(total) * beyond


# What compiled loops cost, in nanoseconds, where a profile does not say: one call and each array that it is given, an
# operation on a number, a row that an inner loop begins, a number that is added up, functions of one number; products
# in a sum that is written out and in sums that grow in memory, and a call of BLAS from compiled code.
LOOPS = (
    ("call", 230.0), ("array", 50.0), ("number", 0.01), ("row", 1.29), ("fold", 0.93), ("sqrt", 0.118),
    ("exp", 0.655), ("tanh", 1.33), ("sigmoid", 1.03), ("log", 2.94), ("log1p", 8.59), ("expm1", 9.35),
    ("sin", 2.93), ("cos", 2.77), ("divide", 0.054), ("reciprocal", 0.054), ("maximum", 0.01),
    ("minimum", 0.01), ("where", 0.01), ("product", 0.0503), ("growing", 0.48), ("blas", 220.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Strides:
    """What a column costs whose numbers lie a power of two of bytes apart: they share few places of a cache.

    Nanoseconds per number, by rows and by the largest of these powers that divides the distance of rows, beyond those
    of a column of rows that lie 64 bytes further apart.
    """

    rows: tuple[int, ...]
    bytes: tuple[int, ...]
    each: tuple[tuple[float, ...], ...]

    def nanoseconds(self, rows: float, distance: int) -> float:
        """For each number of columns of so many rows, so many bytes apart; fewer rows than measured fit a cache."""
        power = gcd(distance, self.bytes[-1])
        if power not in self.bytes or rows < self.rows[0]:
            return 0.0
        column, (row, at) = self.bytes.index(power), _bracket(self.rows, rows)
        return (1 - at) * self.each[row][column] + at * self.each[row + 1][column]


# What a profile says that knows nothing of it: as measured with caches of 32 KiB, 512 KiB and 32 MiB.
STRIDES = Strides(
    (8, 16, 32, 64, 256, 1024),
    (1024, 2048, 4096),
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.6), (0.0, 0.86, 1.8), (0.63, 1.8, 2.9), (0.92, 1.65, 2.7), (0.85, 2.1, 6.5)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """The measured costs of a machine; two are the same only if they are one object."""

    name: str
    processor: str
    libraries: str
    products: tuple[Products, ...]  # one for each of TURNED
    copies: Streams
    chains: tuple[Streams, ...]  # elementwise on one, two, three arrays
    inner: Streams  # sums over contiguous runs
    outer: Streams  # sums of contiguous rows
    gathers: Streams
    scatters: Streams
    functions: tuple[tuple[str, float], ...]  # nanoseconds per number beyond those of an addition
    loops: tuple[tuple[str, float], ...] = LOOPS  # nanoseconds of compiled loops
    strides: Strides = STRIDES

    @property
    def call(self) -> float:
        """Seconds of one call of a NumPy function on a few numbers."""
        return self.chains[1].call * NANO

    def loop(self, what: str, count: float = 1) -> float:
        """Seconds of so many of what compiled loops do: "call", "array", "number", "row", "fold", or a function."""
        return dict(self.loops).get(what, dict(self.loops)["number"]) * count * NANO

    def aliased(self, rows: float, distance: int) -> float:
        """Seconds for each number of columns of so many rows, so many bytes apart, beyond those of others."""
        return self.strides.nanoseconds(rows, distance) * NANO

    def product(self, m: float, n: float, k: float, count: float = 1, turned: str = "") -> float:
        """`count` products of an (m, k) and a (k, n) matrix in one call.

        `turned` is "a" or "b" where that operand is a transposed view.
        """
        return _product(self, m, n, k, count, turned)

    def copy(self, numbers: float, run: float | None = None) -> float:
        """``copyto`` of so many numbers; without `run` both arrays are contiguous."""
        return _stream(self.copies, numbers, numbers if run is None else run)

    def elementwise(self, numbers: float, arrays: float = 2, run: float | None = None, function: str = "add") -> float:
        """One function of every element, which reads and writes so many different arrays."""
        last = self.chains[-1]
        run = numbers if run is None else run
        seconds = _stream(self.chains[min(int(arrays), len(self.chains)) - 1], numbers, run)
        if arrays > len(self.chains):  # memory is what more arrays cost
            more = (arrays - len(self.chains)) / len(self.chains)
            seconds += more * (_stream(last, numbers, numbers) - last.call * NANO)
        return seconds + self.function(function, numbers)

    def function(self, name: str, numbers: float) -> float:
        """Seconds that a function of so many numbers takes beyond an addition of them."""
        return dict(self.functions).get(name, 0.0) * numbers * NANO

    def each(self, numbers: float, arrays: float = 2, function: str = "add", run: float | None = None) -> float:
        """Seconds for one number of such a function of so many, without those of the call."""
        return (self.elementwise(numbers, arrays, run, function) - self.elementwise(0, arrays)) / numbers

    def reduce(self, numbers: float, run: float, inner: bool = True) -> float:
        """A sum or maximum of so many numbers.  `inner`: over contiguous runs; else the runs are what is left."""
        return _stream(self.inner if inner else self.outer, numbers, run)

    def gather(self, numbers: float, run: float) -> float:
        """``take`` of rows of `run` numbers, of so many numbers together."""
        return _stream(self.gathers, numbers, run)

    def scatter(self, numbers: float, run: float) -> float:
        """``add.at`` of rows of `run` numbers, of so many numbers together."""
        return _stream(self.scatters, numbers, run)


@cache
def _product(machine: Machine, m: float, n: float, k: float, count: float, turned: str) -> float:
    table = machine.products[TURNED.index(turned)]
    return (table.call + count * table.nanoseconds(max(m, 1), max(n, 1), max(k, 1))) * NANO


@cache
def _stream(table: Streams, numbers: float, run: float) -> float:
    return table.seconds(numbers, max(run, 1))


def _bracket(grid: Sequence[int], value: float) -> tuple[int, float]:
    """The place of the grid at or below a value, and how far it is to the next, by logarithms; the ends are held."""
    value = min(max(value, grid[0]), grid[-1])
    i = min(bisect_right(grid, value) - 1, len(grid) - 2)
    return i, log(value / grid[i]) / log(grid[i + 1] / grid[i])


def monotone(values: Sequence[float], rising: bool) -> tuple[float, ...]:
    """The nearest rising (or falling) sequence by least squares of the logarithms: pooled adjacent violators.

    A disturbed measurement else looks like a size that is cheaper than a smaller one.
    """
    sign = 1.0 if rising else -1.0
    pools: list[tuple[float, int]] = []
    for value in values:
        pools.append((sign * log(value), 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (x, n), (y, m) = pools[-2:]
            pools[-2:] = [((n * x + m * y) / (n + m), n + m)]
    return tuple(exp(sign * value) for value, count in pools for _ in range(count))
