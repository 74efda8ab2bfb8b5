"""What statements cost: each is taken apart into calls, and each call is priced by the machine's tables.

Nothing is priced that is not emitted: the calls are those of `symbp.passes.split`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from symbp.lower.model import (
    AddAt,
    Affine,
    Apply,
    Array,
    Axis,
    Fold,
    Node,
    Pick,
    Places,
    Product,
    Read,
    Scalar,
    Scatter,
    Statement,
    Window,
    axes_of,
    loops_of,
    mapped,
    scattered,
    strided,
    walk,
)
from symbp.passes.alike import form_of
from symbp.passes.arrange import lies_well
from symbp.passes.ledger import Setting
from symbp.passes.split import calls_of

Order = tuple[Axis, ...]
Key = tuple[object, ...]  # the same for equal calls, which are made once
Call = TypeVar("Call", Key, int)  # a key, or the number of one
EINSUM = 1e-9  # seconds for a multiplication in a loop that is no matrix product
PART = 512  # the length of a part of a matrix that is measured well
NUMBER = 4  # bytes: machines are measured in float32
GAPS = 3.0  # how much longer a call takes at least where an operand has gaps or fewer axes than the others
MAXIMUM = 1.9  # how much dearer maxima of rows of some numbers are than their sums, by 64 x 10 and 4,096 x 3 numbers
# Functions that no machine has a price for: how many further calls they are, and of which functions.
MADE_OF = {"sigmoid": (3, ("exp",)), "logaddexp": (0, ("log1p", "log1p"))}
MASKED = 4.0  # how much dearer a call that looks for the first maximum is than a maximum


@dataclass(slots=True)
class Pricing:
    """Prices of statements; `layers` are the names of nodes, `apart` longer arrays in which the rows of others lie."""

    setting: Setting
    layers: Mapping[str, str] = field(default_factory=dict)
    apart: Mapping[str, Array] = field(default_factory=dict)

    def calls(
        self, statements: Iterable[Statement], arrays: Mapping[str, Array], lasting: Mapping[str, Array] | None = None
    ) -> dict[Key, float]:
        """The seconds of each different call that statements are carried out by.

        Values that are not `lasting` are the same wherever they are computed alike; all arrays last where none is
        named.
        """
        lasting = arrays if lasting is None else lasting
        found: dict[Key, float] = {}
        known: dict[str, Key] = {}  # values in between, by what they are
        for s in calls_of(statements, arrays, self.layers):
            key = _key(s, known)
            if s.target not in lasting:
                known[s.target] = key
            else:
                key = (*key, s.target, len(found) if s.accumulate else 0)
            found[key] = self.seconds(s)
        return found

    def seconds(self, s: Statement) -> float:
        """The seconds of one call."""
        value, machine, extent, run = s.value, self.setting.machine, self.setting.extent, self.run
        match value:
            case Product():
                return self.product(value, s.axes)
            case Fold(body=Window() as window):
                taps = extent(value.over) * (MASKED if value.op == "argmax" else 1.0)
                return self.by_tap(taps, extent(s.axes), run(s.axes, axes_of(window.source), window.at))
            case Fold():
                return self.reduction(value, s.axes)
            case Scatter():
                return self.scatter(value, s.axes)
            case Window():
                return self.copy(s.axes, axes_of(value.source), value.at, self.apart.get(_name(value.source)))
            case AddAt() | Pick():
                return machine.gather(extent(s.axes), extent(s.axes[-1:]))
            case Apply():
                return self.elementwise(value, s.axes, self.apart.get(s.target))
        return self.copy(s.axes, axes_of(value), (), self.apart.get(_name(value), self.apart.get(s.target)))

    def copy(self, order: Order, have: Order, at: Places = (), inside: Array | None = None) -> float:
        """A copy into an array with axes `order`; of one that lies turned, NumPy's inner loops have to be long.

        They go through the last axes of the copy that are neighbours in the other array too.  Machines have the price
        of loops over 32 numbers (a run of 1); shorter ones take as long as runs of their length: of 4,096 x 4 numbers,
        turned, each takes 2.0 ns, of 4,096 x 32 0.5.  Sums and functions of turned arrays are no dearer by that.
        """
        run = min(self.run(order, have, at), self.row(have, inside))
        inner = self.setting.extent(_together(order, have))
        machine, numbers = self.setting.machine, self.setting.extent(order)
        plain = machine.copy(numbers, run)
        turned = run == 1 < inner < numbers and order[-1] in have
        return (max(plain, machine.copy(numbers, inner)) if turned else plain) + self.aliased(order, have, at, inside)

    def row(self, have: Order, inside: Array | None) -> int:
        """How many numbers of an array lie together, as far as it lies inside of a longer one."""
        longer = inside.shape if inside is not None and len(inside.shape) == len(have) else ()
        cut = [k for k, (axis, size) in enumerate(zip(have, longer, strict=False)) if axis.size != size]
        return self.setting.extent(have[max(cut, default=0) :])

    def aliased(self, order: Order, have: Order, at: Places = (), inside: Array | None = None) -> float:
        """What it costs besides that the columns of an array, which a call goes through, lie in few places of a cache.

        That is so where a power of two of bytes lies between two of their numbers.
        """
        own = [k for k, axis in enumerate(have) if (order[-1], 1) in dict(at).get(axis, Affine(((axis, 1),))).terms]
        if not own or self.run(order, have, at) > 1:
            return 0.0
        shape = tuple(a.size for a in have) if inside is None or len(inside.shape) != len(have) else inside.shape
        distance = NUMBER * math.prod(self.setting.size(size) for size in shape[own[0] + 1 :])
        rows = self.setting.extent(_together(order, have))
        return self.setting.extent(order) * self.setting.machine.aliased(rows, distance)

    def elementwise(self, node: Apply, order: Order, inside: Array | None = None) -> float:
        """A function of every element; its result may lie `inside` of a longer array."""
        arrays = [n for n in node.args if not isinstance(n, Scalar)]
        numbers = self.setting.extent(order)
        runs = [self.operand_run(order, n) for n in arrays]
        rows = [self.row(axes_of(n), self.apart.get(_name(n))) for n in arrays if axes_of(n) and _name(n) in self.apart]
        run = min(*runs, *rows, self.row(order, inside), numbers)
        machine, least = self.setting.machine, GAPS if run < numbers else 1.0
        more, functions = MADE_OF.get(node.function, (0, (node.function,)))
        seconds = machine.elementwise(numbers, 1 + len(arrays), run) + more * machine.elementwise(numbers, 2)
        seconds += sum(machine.function(f, numbers) for f in functions)
        seconds += sum(self.aliased(order, *_lying(n), self.apart.get(_name(n))) for n in arrays if axes_of(n))
        return max(seconds, least * machine.call)

    def reduction(self, node: Fold, order: Order) -> float:
        """A sum or a maximum; a sum of rows is a product with ones."""
        have, extent = axes_of(node.body), self.setting.extent
        inner = have[len(have) - _common(tuple(reversed(have)), node.over) :]
        rows = tuple(a for a in have if a not in node.over)
        if not inner:
            return self.setting.machine.reduce(extent(have), self.run(order, have), False)
        if node.op == "sum" and rows == order and inner == node.over:
            return self.setting.machine.product(extent(rows), 1, extent(inner))
        dearer = MAXIMUM if node.op in ("max", "min") else 1.0
        return dearer * self.setting.machine.reduce(extent(have), extent(inner))

    def scatter(self, node: Scatter, order: Order) -> float:
        """What is added tap by tap.

        Too low where the taps have gaps: every other row and column, in runs of 64 numbers, took 0.72 ns a number, and
        0.55 from an array without gaps; machines say 0.31, measured where gaps are only read.  Twice that price changed
        one net of ten, two convolutions with maxima behind them, whose step was then no faster: it is left as it is.
        """
        found = scattered(order, node)
        extent = self.setting.extent
        taps = extent(loops_of(found))
        runs = tuple(r.run for r in found.values() if r.run is not None)
        run = self.run(axes_of(node.body), order, node.at)
        heavy = MASKED if isinstance(node.body, Apply) else 1.0
        return self.by_tap(taps * heavy, extent(runs), run)

    def by_tap(self, taps: float, numbers: int, run: int) -> float:
        """So many calls, each on another part of an array, which lies in no cache when they are together too large."""
        machine = self.setting.machine
        return taps * machine.call + machine.elementwise(taps * numbers, 2, run)

    def product(self, node: Product, order: Order) -> float:
        """A matrix product, or a stack of them."""
        found, extent = strided(node), self.setting.extent
        if found is not None:
            columns, summed = (found.columns, found.rows) if found.summed_first else (found.rows, found.columns)
            sizes = extent(found.free), extent(columns), extent(summed)
            return self.matrices(sizes, extent(found.stack), "" if found.summed_first else "b")
        left, right = axes_of(node.left), axes_of(node.right)
        stack = tuple(a for a in order if a in left and a in right)
        rows, columns = (tuple(a for a in order if a in axes and a not in stack) for axes in (left, right))
        if columns and rows and order.index(columns[0]) < order.index(rows[0]):
            left, right, rows, columns = right, left, columns, rows
        m, n, k = extent(rows), extent(columns), extent(node.over)
        if not rows and not columns:
            return self.setting.machine.call + EINSUM * extent((*stack, *node.over))
        if not stack and not lies_well(node, order):
            return self.setting.machine.call + EINSUM * m * n * k
        sizes, count = (m, n, k), extent(stack)
        first = bool(left[-1:] != node.over[-1:] and left[-1:] and left[-1] not in node.over and m > 1)
        second = bool(right[-1:] and right[-1] in node.over and n > 1)
        if first and second:  # as measured, each for itself
            both = self.matrices(sizes, count, "a") + self.matrices(sizes, count, "b")
            return max(both - self.matrices(sizes, count, ""), both / 2)
        return self.matrices(sizes, count, "a" if first else "b" if second else "")

    def matrices(self, sizes: tuple[int, int, int], count: int, turned: str) -> float:
        """So many products of matrices: at most what those of their parts along the longest side cost.

        Large products are measured a few times only; a disturbed one would else rule out all programs that have it.
        """
        parts, found = list[float](sizes), self.setting.machine.product(*sizes, count, turned)
        longest, times = parts.index(max(parts)), 1
        while parts[longest] > PART:
            parts[longest], times = parts[longest] / 2, 2 * times
            found = min(found, times * self.setting.machine.product(parts[0], parts[1], parts[2], count, turned))
        return found

    def operand_run(self, order: Order, node: Node) -> int:
        """How many numbers of an operand lie without a gap, or are the same, where a call runs along `order`."""
        if isinstance(node, Window):
            return self.run(order, axes_of(node.source), node.at)
        own = axes_of(node)
        kept = len(order)
        while kept and order[kept - 1] not in own:
            kept -= 1
        broadcast = kept < len(order)
        return self.setting.extent(order[kept:]) if broadcast else self.run(order, own)

    def run(self, order: Order, have: Order, at: Places = ()) -> int:
        """How many numbers lie without a gap in an array with axes `have` that is read, or filled, in `order`."""
        places = dict(at)
        found = 1
        for k, axis in enumerate(reversed(have)):
            wanted = order[len(order) - 1 - k : len(order) - k] if k < len(order) else ()
            own = places[axis].terms if axis in places else ((axis, 1),)
            if not wanted or (wanted[0], 1) not in own:
                break
            found *= self.setting.extent(wanted)
            shifted = axis in places and places[axis] != Affine(((wanted[0], 1),))  # a part of each row is left out
            if shifted or wanted[0].size != axis.size:
                break
        return found


def _lying(node: Node) -> tuple[Order, Places]:
    """The axes of the array that an operand is a view of, and where it is read."""
    return (axes_of(node.source), node.at) if isinstance(node, Window) else (axes_of(node), ())


def _name(node: Node) -> str:
    """The array that a node reads or is a view of; empty where it is computed."""
    node = node.source if isinstance(node, Window) else node
    return node.name if isinstance(node, Read) else ""


def _together(order: Order, have: Order) -> Order:
    """The last axes of a call's loops, as far as they are neighbours in an array, too: one loop goes through them."""
    k = len(order) - 1
    while k > 0 and order[k] in have and have[: have.index(order[k])][-1:] == (order[k - 1],):
        k -= 1
    return order[k:]


def function_of(node: Node) -> str:
    """The function of every element that a node costs as much as: an addition where it moves or adds up numbers."""
    return node.function if isinstance(node, Apply) else "add"


def _key(s: Statement, known: Mapping[str, Key]) -> Key:
    """Equal for calls that give the same array: letters by number, values in between by what they are."""
    value, axes = form_of(s.value, s.axes)
    names = tuple(known.get(n.name, (n.name,)) for n in walk(value) if isinstance(n, Read))
    return (mapped(value, _nameless), axes, names)


def _nameless(node: Node) -> Node:
    return replace(node, name="") if isinstance(node, Read) else node


def _common(axes: Sequence[Axis], group: Sequence[Axis]) -> int:
    """How many of the first axes belong to a group."""
    count = 0
    while count < len(axes) and axes[count] in group:
        count += 1
    return count


def total(calls: Iterable[Mapping[Call, float]]) -> float:
    """The seconds of many statements, equal calls once."""
    merged: dict[Call, float] = {}
    for part in calls:
        merged.update(part)
    return math.fsum(merged.values())
