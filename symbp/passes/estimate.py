"""What a training step costs by the tables of a machine: its array operations one by one, as if each were one call."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from symbp.lower.model import (
    BACKWARD,
    FORWARD,
    LOSS,
    UPDATE,
    AddAt,
    Apply,
    Axis,
    Fold,
    Node,
    OneHot,
    Pick,
    Product,
    Program,
    Read,
    Scatter,
    Spread,
    Statement,
    Window,
    axes_of,
    walk,
)
from symbp.passes.ledger import Setting
from symbp.passes.machine import TURNED, Machine

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

    def describe(self) -> list[str]:
        """A line for the sum, a line for each kind, a line for the roofline."""
        total = sum(seconds for _, seconds in self.seconds)
        lines = [f"estimated time of a step: {_us(total)} in {self.calls:,} operations"]
        lines += [f"  {name:27}{_us(seconds):>14}" for name, seconds in self.seconds]
        floor = self.flops / self.product_rate + self.numbers / self.memory_rate
        lines.append(
            f"  at the best rates          {_us(floor):>14}  ({self.flops / 1e6:,.1f} MFLOP of products at "
            f"{self.product_rate / 1e9:.0f} GFLOP/s, {self.numbers:,} numbers in passes at "
            f"{4 * self.memory_rate / 1e9:.1f} GB/s)"
        )
        return lines


def estimate(program: Program, setting: Setting) -> Estimate:
    """The estimate for forward, loss, backward and update."""
    seconds = dict.fromkeys((PRODUCTS, PASSES, MOVES), 0.0)
    calls = flops = numbers = 0
    for s in program.statements:
        if not isinstance(s, Statement) or s.stage not in (FORWARD, LOSS, BACKWARD, UPDATE):
            continue
        times = setting.extent((s.loop.axis,)) if s.loop else 1
        for node in walk(s.value):
            kind, cost = _cost(node, s, setting)
            if not kind:
                continue
            seconds[kind] += times * cost
            calls += times
            if isinstance(node, Product):
                flops += times * 2 * setting.extent(_union(node))
            else:
                numbers += times * sum(setting.extent(axes_of(part)) for part in (node, *node.children))
    machine = setting.machine
    return Estimate(tuple(seconds.items()), calls, flops, numbers, _product_rate(machine), _memory_rate(machine))


def _cost(node: Node, s: Statement, setting: Setting) -> tuple[str, float]:
    """The kind of an operation and its seconds; no kind where a node is none."""
    machine, extent = setting.machine, setting.extent
    own = axes_of(node)
    match node:
        case Product():
            return PRODUCTS, product_seconds(node, setting)
        case Apply():
            arrays = sum(bool(axes_of(a)) for a in node.args) + (len(node.args) < 2)
            return PASSES, machine.elementwise(extent(own), max(2, arrays), None, node.function)
        case Fold():
            body = axes_of(node.body)
            inner = bool(body) and body[-1] in node.over
            return PASSES, machine.reduce(extent(body), _tail(body, node.over, inner, setting), inner)
        case Pick():
            kept = tuple(a for a in axes_of(node.source) if a != node.axis and a not in axes_of(node.labels))
            return MOVES, machine.gather(extent(own), extent(kept))
        case AddAt() | Scatter():
            return MOVES, machine.elementwise(extent(axes_of(node.body)), 2)
        case OneHot() | Spread() | Window():
            return MOVES, machine.copy(extent(own))
        case Read() if node is s.value and not s.accumulate:
            return MOVES, machine.copy(extent(own), None if node.axes == s.axes else 1)
    return "", 0.0


def product_seconds(node: Product, setting: Setting) -> float:
    """A product as one matmul: what both operands keep is its batch."""
    left, right = axes_of(node.left), axes_of(node.right)
    both = [a for a in left if a in right and a not in node.over]
    m = setting.extent(tuple(a for a in left if a not in right))
    n = setting.extent(tuple(a for a in right if a not in left))
    turned = ""
    if left and left[-1] not in node.over and m > 1:
        turned = "a"
    elif right and right[-1] in node.over and n > 1:
        turned = "b"
    return setting.machine.product(m, n, setting.extent(node.over), setting.extent(tuple(both)), turned)


def _union(node: Product) -> tuple[Axis, ...]:
    return tuple(dict.fromkeys((*axes_of(node.left), *axes_of(node.right))))


def _tail(axes: tuple[Axis, ...], over: tuple[Axis, ...], inner: bool, setting: Setting) -> int:
    """How many numbers lie together: the last axes that are all reduced, or all kept."""
    run = 1
    for a in reversed(axes):
        if (a in over) != inner:
            break
        run *= setting.size(a.size)
    return run


def _product_rate(machine: Machine) -> float:
    table = machine.products[TURNED.index("")]
    shapes = [(m, n, k) for m in table.sizes for n in table.sizes for k in table.sizes]
    return max(2 * prod(shape) / t for shape, t in zip(shapes, table.each, strict=True)) * 1e9


def _memory_rate(machine: Machine) -> float:
    return 1e9 * 2 / machine.copies.each[-1][-1]


def _us(seconds: float) -> str:
    return f"{1e6 * seconds:,.1f} us"
