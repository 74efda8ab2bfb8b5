"""What a training step costs by a machine's tables, call by call, and what its work would take at the best rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    UPDATE,
    Apply,
    Axis,
    Fold,
    Node,
    Product,
    Program,
    Repeat,
    Statement,
    axes_of,
    rows_apart,
)
from symbp.passes.ledger import Setting
from symbp.passes.machine import NANO, TURNED, Machine
from symbp.passes.micro_batches import carried_out
from symbp.passes.pricing import Pricing
from symbp.passes.split import calls_of

INFER = "infer"  # what a prediction carries out of a block that does something else then
STAGES = (FORWARD, LOSS, BACKWARD, UPDATE)
PRODUCTS, PASSES, MOVES = "products", "elementwise and reductions", "copies, gathers, scatters"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of a step by kind of operation, and the least that the machine's best rates allow for the same work."""

    seconds: tuple[tuple[str, float], ...]
    calls: int
    flops: int  # of the products
    numbers: int  # read and written by everything else
    product_rate: float  # the best of the machine, operations a second
    passes: float  # seconds of everything else: of each statement its numbers, without gaps, by those of that many

    @property
    def total(self) -> float:
        """All seconds."""
        return sum(seconds for _, seconds in self.seconds)

    @property
    def least(self) -> float:
        """The seconds at the best rates."""
        return self.flops / self.product_rate + self.passes

    def describe(self) -> list[str]:
        """A line for the sum, a line for each kind, a line for the roofline."""
        lines = [f"estimated time of a step: {_us(self.total)} in {self.calls:,} operations"]
        lines += [f"  {name:27}{_us(seconds):>14}" for name, seconds in self.seconds]
        rate = f" at {4 * self.numbers / self.passes / 1e9:.1f} GB/s" if self.passes else ""
        lines.append(
            f"  at the best rates          {_us(self.least):>14}  ({self.flops / 1e6:,.1f} MFLOP of products at "
            f"{self.product_rate / 1e9:.0f} GFLOP/s, {self.numbers:,} numbers in passes{rate})"
        )
        return lines


def estimate(program: Program, setting: Setting) -> Estimate:
    """The estimate for forward, loss, backward and update: the prices by which passes choose, call by call."""
    pricing = Pricing(setting, apart=rows_apart(program.arrays, program.statements))
    seconds = dict.fromkeys((PRODUCTS, PASSES, MOVES), 0.0)
    calls = flops = numbers = 0
    passes = 0.0
    for s, count in _calls(program, STAGES):
        times = count * setting.steps(s.loop)
        seconds[_kind(s.value)] += times * pricing.seconds(s)
        calls += times
        if isinstance(s.value, Product):
            flops += times * 2 * setting.extent(_union(s.value))
        else:
            sizes = [setting.extent(axes) for axes in (s.axes, *map(axes_of, s.value.children))]
            numbers += times * sum(sizes)
            if any(sizes):  # (a network without parameters updates none)
                passes += times * sum(sizes) / _pass_rate(setting.machine, max(sizes))
    return Estimate(tuple(seconds.items()), calls, flops, numbers, _product_rate(setting.machine), passes)


def _calls(program: Program, stages: Sequence[str]) -> Iterator[tuple[Statement, int]]:
    """The calls on arrays of these stages, and how often a loop over blocks makes each.

    A program of trees is taken apart into those that it would be carried out by.
    """
    step = [s for stage in stages for s in program.plain(stage)]
    if program.form != "calls":
        step = calls_of(step, {a.name: a for a in program.arrays}, {o.node: o.layer for o in program.origins})
    yield from ((s, 1) for s in step if s.axes)
    for s in program.statements:
        if isinstance(s, Repeat) and s.stage in stages:
            body = next(b.program for b in program.bodies if b.graph.name == s.copies.body)
            predicting = body.inference if s.part == INFER else None
            own = _calls(body, carried_out(s)) if predicting is None else _calls(predicting, (FORWARD,))
            yield from ((call, s.copies.count * count) for call, count in own)


def _kind(value: Node) -> str:
    if isinstance(value, Product):
        return PRODUCTS
    return PASSES if isinstance(value, Apply | Fold) else MOVES


def _union(node: Product) -> tuple[Axis, ...]:
    return tuple(dict.fromkeys((*axes_of(node.left), *axes_of(node.right))))


def _product_rate(machine: Machine) -> float:
    table = machine.products[TURNED.index("")]
    shapes = [(m, n, k) for m in table.sizes for n in table.sizes for k in table.sizes]
    return max(2 * prod(shape) / t for shape, t in zip(shapes, table.each, strict=True)) * 1e9


@lru_cache(maxsize=4096)
def _pass_rate(machine: Machine, numbers: int) -> float:
    """Numbers a second that a pass over arrays of so many reads and writes at best: small ones stay in a cache."""
    tables = ((2, machine.copies), (1, machine.inner), (1, machine.outer), *zip((2, 3, 3), machine.chains, strict=True))
    return max(touched * numbers / (table.seconds(numbers, numbers) - NANO * table.call) for touched, table in tables)


def _us(seconds: float) -> str:
    return f"{1e6 * seconds:,.1f} us"
