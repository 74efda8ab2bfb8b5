"""What a training step costs by a machine's tables, call by call, and what its work would take at the best rates."""

from __future__ import annotations

from dataclasses import dataclass
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
    Statement,
    axes_of,
)
from symbp.passes.ledger import Setting
from symbp.passes.machine import TURNED, Machine
from symbp.passes.pricing import Pricing
from symbp.passes.split import calls_of

PRODUCTS, PASSES, MOVES = "products", "elementwise and reductions", "copies, gathers, scatters"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of a step by kind of operation, and the least that the machine's best rates allow for the same work."""

    seconds: tuple[tuple[str, float], ...]
    calls: int
    flops: int  # of the products
    numbers: int  # read and written by everything else
    product_rate: float  # the best of the machine, operations a second
    memory_rate: float  # numbers a second, contiguous, out of the cache

    @property
    def total(self) -> float:
        """All seconds."""
        return sum(seconds for _, seconds in self.seconds)

    def describe(self) -> list[str]:
        """A line for the sum, a line for each kind, a line for the roofline."""
        lines = [f"estimated time of a step: {_us(self.total)} in {self.calls:,} operations"]
        lines += [f"  {name:27}{_us(seconds):>14}" for name, seconds in self.seconds]
        floor = self.flops / self.product_rate + self.numbers / self.memory_rate
        lines.append(
            f"  at the best rates          {_us(floor):>14}  ({self.flops / 1e6:,.1f} MFLOP of products at "
            f"{self.product_rate / 1e9:.0f} GFLOP/s, {self.numbers:,} numbers in passes at "
            f"{4 * self.memory_rate / 1e9:.1f} GB/s)"
        )
        return lines


def estimate(program: Program, setting: Setting) -> Estimate:
    """The estimate for forward, loss, backward and update: the prices by which passes choose, call by call."""
    pricing = Pricing(setting)
    seconds = dict.fromkeys((PRODUCTS, PASSES, MOVES), 0.0)
    calls = flops = numbers = 0
    for s in _calls(program):
        times = setting.steps(s.loop)
        seconds[_kind(s.value)] += times * pricing.seconds(s)
        calls += times
        if isinstance(s.value, Product):
            flops += times * 2 * setting.extent(_union(s.value))
        else:
            numbers += times * sum(setting.extent(axes) for axes in (s.axes, *map(axes_of, s.value.children)))
    machine = setting.machine
    return Estimate(tuple(seconds.items()), calls, flops, numbers, _product_rate(machine), _memory_rate(machine))


def _calls(program: Program) -> list[Statement]:
    """The calls on arrays of a step; a program of trees is taken apart into those that it would be carried out by."""
    step = [s for stage in (FORWARD, LOSS, BACKWARD, UPDATE) for s in program.plain(stage)]
    if program.form != "calls":
        step = calls_of(step, {a.name: a for a in program.arrays}, {o.node: o.layer for o in program.origins})
    return [s for s in step if s.axes]


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


def _memory_rate(machine: Machine) -> float:
    return 1e9 * 2 / machine.copies.each[-1][-1]


def _us(seconds: float) -> str:
    return f"{1e6 * seconds:,.1f} us"
