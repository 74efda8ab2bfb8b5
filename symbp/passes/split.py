"""Every statement becomes calls: one NumPy function each, on arrays that are there already.

A scalar stays one expression over reductions of arrays: Python computes it, nothing is allocated for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    COMPARISONS,
    PROBABILITY,
    AddAt,
    Apply,
    Array,
    At,
    Axis,
    Flat,
    Fold,
    Node,
    OneHot,
    Pick,
    Position,
    Product,
    Program,
    Read,
    RoutineCall,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Step,
    Window,
    axes_of,
    free_name,
    is_clipped,
    is_shift,
    is_tap_by_tap,
    loops_of,
    merged,
    padded,
    reaches,
    read_arrays,
    reads,
    stays_inside,
    strided,
    targets_of,
    tiles_of,
    views_of,
    walk,
    with_children,
    with_tiles,
)
from symbp.notation.expr import number
from symbp.passes.arrange import arranged, comes_as, lies_well, product_axes, result_order
from symbp.passes.hot_rows import are_rows, flat_places, hot_rows, rows_behind
from symbp.passes.scatters import one_place
from symbp.passes.turning import read_as

_ZERO = number(0)
Order = tuple[Axis, ...]  # the axes that an operand should have first, in order
def split(program: Program) -> tuple[Program, str]:
    """One call a statement; the probability, which no training step computes, keeps its expressions."""
    splitter = _Splitter({a.name: a for a in program.arrays}, {o.node: o.layer for o in program.origins})
    for s in program.statements:
        if isinstance(s, RoutineCall) or s.stage == PROBABILITY:
            splitter.statements.append(s)
        else:
            splitter.statement(s)
    read = {*program.lasting, *(name for s in splitter.statements for name in read_arrays(s, {}))}
    read |= {view for view, owner in views_of(program.arrays).items() if owner in read}
    statements = [s for s in splitter.statements if not (set(targets_of(s)) & set(splitter.copies) - read)]
    count = len(statements) - len(program.statements)
    arrays = tuple(a for a in splitter.arrays.values() if a.name in read or a.name not in splitter.copies)
    done = replace(program, arrays=arrays, statements=tuple(statements))
    return done, f"{count} values in between named"


def calls_of(
    statements: Iterable[Statement], arrays: Mapping[str, Array], layers: Mapping[str, str]
) -> list[Statement]:
    """The calls of some statements; the values in between have names that are not in `arrays`."""
    splitter = _Splitter(dict(arrays), dict(layers))
    for s in statements:
        splitter.statement(s)
    return [s for s in splitter.statements if isinstance(s, Statement)]


@dataclass(slots=True)
class _Splitter:
    arrays: dict[str, Array]
    layers: dict[str, str]
    statements: list[Step] = field(default_factory=list)
    copies: dict[str, Statement] = field(default_factory=dict)  # of whole arrays, in another order
    count: int = 0
    numbers: str = "real"  # what values in between are: "index" where labels are computed

    def statement(self, s: Statement) -> None:
        if not s.axes:
            self.statements.append(replace(s, value=self.scalar(s.value, s)))
            return
        value = self.call(s.value, s, s.axes)
        turned = not comes_as(value, s.axes)
        given = isinstance(value, Read) and self.arrays[value.name].kind in ("input", "block")
        if given and set(axes_of(value)) == set(s.axes) and s.definition:
            self.copies[s.target] = s
        if (s.accumulate or turned) and not is_leaf(value) and not isinstance(value, Scatter):
            value = self.named(value, s, s.axes)
        self.statements.append(replace(s, value=value))

    def scalar(self, node: Node, s: Statement) -> Node:
        """A scalar expression whose arrays are all named."""
        if isinstance(node, Scalar | Read):
            return node
        if axes_of(node):
            return self.whole(node, s, axes_of(node))
        return with_children(node, tuple(self.scalar(c, s) for c in node.children))

    def call(self, node: Node, s: Statement, order: Order) -> Node:
        """One call: a node over leaves, the axes of what is new in the order `order`."""
        match node:
            case Apply(function="multiply"):
                return self.product(node, s, order)
            case Apply(function="add") if tiles_of(node):
                return with_tiles(node, lambda n: self.whole(n, s, axes_of(n)))
            case Apply(function="add" | "subtract"):
                return self.sum(node, s, order)
            case Apply(function="where"):
                leaves = (self.leaf(a, s, order) for a in node.args[1:])
                return replace(node, args=(self.condition(node.args[0], s, order), *leaves))
            case Pick():
                return self.pick(node, s, order)
            case Position():
                return self.position(node)
            case Fold() if is_clipped(node):
                return node
            case Fold():
                return replace(node, body=self.operand(node.body, s, _body_order(node, order), "real"))
            case Product():
                return self.matrices(node, s, order)
            case Window():
                return self.window(node, s)
            case Scatter():
                return self.scatter(node, s, order)
            case AddAt():
                labels = self.operand(node.labels, s, axes_of(node.labels), "index")
                return replace(node, body=self.leaf(node.body, s, order), labels=labels)
            case Flat() | OneHot():
                return with_children(node, tuple(self.operand(c, s, axes_of(c), "index") for c in node.children))
        return with_children(node, tuple(self.leaf(c, s, order) for c in node.children))

    def leaf(self, node: Node, s: Statement, order: Order) -> Node:
        """An operand that is an array, a part of one, or a number."""
        if isinstance(node, Scalar) or is_leaf(node):
            return node
        if isinstance(node, Position):
            return self.position(node)
        if isinstance(node, Window):
            return self.view(node, s)
        return self.named(self.call(node, s, order) if axes_of(node) else self.scalar(node, s), s, order)

    def whole(self, node: Node, s: Statement, order: Order) -> Node:
        """An operand that lies in memory without gaps: a part of an array is one only at places of its first axes."""
        leaf = self.leaf(node, s, order)
        return leaf if not isinstance(leaf, At) or _without_gaps(leaf) else self.named(leaf, s, order)

    def operand(self, node: Node, s: Statement, order: Order, numbers: str) -> Node:
        """An operand without gaps; what it is computed from holds such `numbers`, integers where it is a label."""
        before, self.numbers = self.numbers, numbers
        found = self.whole(node, s, order)
        self.numbers = before
        return found

    def laid(self, node: Node, s: Statement, order: Order) -> Node:
        """An operand that is an array with the axes in this order."""
        if isinstance(node, Window) and is_tap_by_tap(node):
            node = self.uncopied(replace(node, source=self.whole(node.source, s, axes_of(node.source))))
            return self.named(node, s, order)
        found = self.whole(node, s, order)
        return found if is_leaf(found) and axes_of(found) == order else self.named(found, s, order)

    # ---- windows ----

    def view(self, node: Window, s: Statement) -> Node:
        """A window as an operand: a view of an array, which is padded first where the window leaves it."""
        window = self.window(node, s)
        if not isinstance(window, Window) or stays_inside(window.at):
            return window
        return self.padding(window, s)

    def window(self, node: Window, s: Statement) -> Node:
        """A window over an array, which stays on it, or is a shift."""
        source = self.leaf(node.source, s, axes_of(node.source))
        if isinstance(source, Window):
            source = self.named(source, s, axes_of(source))
        node = replace(node, source=source)
        if stays_inside(node.at) or is_shift(node):
            return node
        pad, rest = padded(node)
        return replace(rest, source=self.padding(pad, s))

    def padding(self, pad: Window, s: Statement) -> Read:
        """An array of its own for a shifted read: what lies outside of the source never changes."""
        axes, pad = axes_of(pad), self.uncopied(pad)
        (source,) = reads(pad.source)
        stem = f"padded_{source}"
        name = free_name(stem if self.arrays[source].part_of == "" else f"padded_{s.target}", self.arrays)
        self.arrays[name] = Array(name, tuple(a.size for a in axes), "padded", data=(pad.outside,))
        origin = pad.equation or s.equation
        self.statements.append(Statement(name, axes, pad, s.stage, origin, node=s.node, loop=s.loop))
        return Read(name, axes, equation=pad.equation)

    def uncopied(self, pad: Window) -> Window:
        """A shifted read of a copy in another order is one of what was copied."""
        copy = self.copies.get(pad.source.name) if isinstance(pad.source, Read) else None
        if copy is None or not isinstance(pad.source, Read) or not isinstance(copy.value, Read):
            return pad
        axes = read_as(copy.axes, copy.value.axes, pad.source.axes)
        return pad if axes is None else replace(pad, source=replace(copy.value, axes=axes))

    def scatter(self, node: Scatter, s: Statement, order: Order) -> Node:
        """What loops count comes first in the body."""
        found = reaches(order, node.at)
        runs = [r.run for r in found.values() if r.run is not None]
        own = (*loops_of(found), *runs)
        rest = tuple(a for a in axes_of(node.body) if a not in own)
        return replace(node, body=self.part(node.body, s, (*own, *rest), loops_of(found)))

    def part(self, body: Node, s: Statement, order: Order, loops: Order) -> Node:
        """The body of a scatter: an array, or one times ``[label == place]`` for a place that loops count."""
        met = one_place(body, loops)
        if met is None:
            return self.leaf(body, s, order)
        value, hit = met
        label, place = hit.args
        hit = replace(hit, args=(self.leaf(label, s, order), place))
        return Apply("multiply", (self.leaf(value, s, order), hit))

    # ---- products ----

    def matrices(self, node: Product, s: Statement, order: Order) -> Node:
        """A product of arrays that lie so that it is one matrix product, or a stack of them."""
        node = replace(node, left=self.strided(node.left, s), right=self.strided(node.right, s))
        found = strided(node)
        if found is not None:
            other = self.laid(found.other, s, found.laid(order))
            return replace(node, right=other) if node.left is found.window else replace(node, left=other)
        free = Apply | Window | Spread
        hints = (tuple(a for a in (*order, *node.over) if a in axes_of(c)) for c in node.children)
        ready = (c if isinstance(c, free) else self.whole(c, s, h) for c, h in zip(node.children, hints, strict=True))
        node = replace(node, left=next(ready), right=next(ready))
        natural = product_axes(node)
        copied = any(isinstance(c, Window) for c in node.children)  # in any order
        if not copied and (lies_well(node, order) or lies_well(node, natural)):
            return with_children(node, tuple(self.laid(c, s, axes_of(c)) for c in node.children))
        lying = arranged(node, order)
        return replace(node, left=self.laid(node.left, s, lying.left), right=self.laid(node.right, s, lying.right))

    def strided(self, node: Node, s: Statement) -> Node:
        """Windows that a product takes where they lie, of an array with room around it where they leave it."""
        return self.window(node, s) if isinstance(node, Window) and node.view else node

    def named(self, value: Node, s: Statement, order: Order, dtype: str = "") -> Read:
        """A name for a value in between, and the statement that computes it."""
        own = result_order(value, order) if isinstance(value, Product) else axes_of(value)
        axes = tuple(a for a in order if a in own)
        free = isinstance(value, Apply | Spread | Window | Scatter | Read)
        axes = (*axes, *(a for a in own if a not in axes)) if free else own
        name = self.fresh(s) if axes else self.scalar_name(s)
        kind = "index" if self.whole_numbers(value) else self.numbers
        self.arrays[name] = Array(name, tuple(a.size for a in axes), dtype=dtype or kind, part_of=s.target)
        origin = value.equation or s.equation
        self.statements.append(Statement(name, axes, value, s.stage, origin, where=s.where, node=s.node, loop=s.loop))
        return Read(name, axes, equation=origin)

    def whole_numbers(self, value: Node) -> bool:
        """Whether a value holds integers whatever it is for: places, and what is taken from integers."""
        if isinstance(value, Pick) and isinstance(value.source, Read):
            return self.arrays[value.source.name].dtype == "index"
        return isinstance(value, Flat) or (isinstance(value, Fold) and value.op == "argmax")

    def fresh(self, s: Statement) -> str:
        """A name for now: the values in between are named when it is known where they lie."""
        self.count += 1
        return f"step {self.count} towards {s.target}"

    def scalar_name(self, s: Statement) -> str:
        return free_name(f"part_{self.layers.get(s.node, s.target)}", self.arrays)

    def product(self, node: Apply, s: Statement, order: Order) -> Node:
        """``a * b``, or ``a / b`` where b is inverted."""
        left, right = sorted(node.args, key=_inverse)
        first = self.factor(left, s, order)
        if _inverse(right):
            return replace(node, function="divide", args=(first, self.leaf(right.children[0], s, order)))
        return replace(node, args=(first, self.factor(right, s, order)))

    def factor(self, node: Node, s: Statement, order: Order) -> Node:
        """A factor; a mask is a condition, of one byte a number."""
        mask = isinstance(node, Apply) and node.function in COMPARISONS and axes_of(node)
        return self.condition(node, s, order) if mask else self.leaf(node, s, order)

    def sum(self, node: Apply, s: Statement, order: Order) -> Node:
        """``a + b``; one-hot rows, scaled by what does not vary along them, are added at their places."""
        node = rows_behind(node)
        left, right = node.args
        hot, factor = hot_rows(right)
        base = self.leaf(left, s, order)
        own = axes_of(base)
        lying = merged((tuple(a for a in order if a in own), own))  # as the sum will
        at_places = hot is not None and bool(axes_of(hot.labels)) and isinstance(base, Read)
        if not (hot and at_places and are_rows(lying, hot)):
            return replace(node, args=(base, self.leaf(right, s, order)))
        integers = self.operand(hot.labels, s, axes_of(hot.labels), "index")
        labels = self.labels(integers, tuple(a for a in lying if a != hot.axis), s)
        flat = flat_places(lying, OneHot(labels, hot.axis, equation=node.equation))
        place = self.leaf(flat, s, axes_of(labels))
        at = OneHot(place, hot.axis, equation=hot.equation)
        if factor is None:
            return replace(node, args=(base, at))
        return replace(node, args=(base, Apply("multiply", (at, self.leaf(factor, s, axes_of(labels))))))

    def pick(self, node: Pick, s: Statement, order: Order) -> Node:
        """``w[t]`` is taken by the labels themselves, ``p[n, t[n]]`` by the place in p as a flat array.

        Labels are turned rather than what is taken by them.
        """
        source = self.whole(node.source, s, axes_of(node.source))
        labels = self.operand(node.labels, s, axes_of(node.labels), "index")
        node = replace(node, source=source, labels=labels)
        if axes_of(source) == (node.axis,) or not are_rows(axes_of(source), OneHot(labels, node.axis)):
            wanted = tuple(a for a in order if a in axes_of(labels))
            turned = wanted != axes_of(labels) and order == (*wanted, *(a for a in axes_of(source) if a != node.axis))
            return replace(node, labels=self.labels(labels, wanted, s)) if turned else node
        labels = self.labels(labels, tuple(a for a in axes_of(source) if a != node.axis), s)
        place = flat_places(axes_of(source), OneHot(labels, node.axis, equation=node.equation))
        return replace(node, labels=self.leaf(place, s, axes_of(labels)))

    def labels(self, node: Node, order: Order, s: Statement) -> Node:
        """Labels as an array with its axes in this order."""
        found = self.operand(node, s, order, "index")
        return found if axes_of(found) == order else self.named(found, s, order, "index")

    def condition(self, node: Node, s: Statement, order: Order) -> Node:
        """The condition of a `where`: bools."""
        if isinstance(node, Apply) and node.function in COMPARISONS:
            return self.named(self.call(node, s, order), s, order, "bool")
        test = Apply("not_equal", (self.leaf(node, s, order), Scalar(_ZERO)))
        return self.named(test, s, order, "bool")

    def position(self, node: Position) -> Read:
        """The places along an axis as an array of the workspace."""
        name = f"places_{node.axis.size}"
        self.arrays.setdefault(name, Array(name, (node.axis.size,), "places", "index"))
        return Read(name, (node.axis,))


def is_leaf(node: Node) -> bool:
    """Whether a node is an array, a part of one, or the number of the present step."""
    body = node
    while isinstance(body, At):
        body = body.body
    return isinstance(body, Read) or (isinstance(body, Position) and body is not node)


def _without_gaps(node: At) -> bool:
    fixed: set[Axis] = set()
    body: Node = node
    while isinstance(body, At):
        fixed.add(body.axis)
        body = body.body
    return isinstance(body, Read) and set(body.axes[: len(fixed)]) == fixed


def _inverse(node: Node) -> bool:
    return isinstance(node, Apply) and node.function == "reciprocal"


def _body_order(fold: Fold, order: Order) -> Order:
    """The axes of what is summed as they come, but those that stay in the order in which the result wants them."""
    natural = axes_of(fold.body)
    if not isinstance(fold.body, Window) and any(isinstance(n, Window) for n in walk(fold.body)):
        natural = (*fold.over, *(a for a in natural if a not in fold.over))
    staying = iter(sorted((a for a in natural if a not in fold.over), key=lambda a: (a not in order, _place(a, order))))
    return tuple(a if a in fold.over else next(staying) for a in natural)


def _place(axis: Axis, order: Order) -> int:
    return order.index(axis) if axis in order else 0
