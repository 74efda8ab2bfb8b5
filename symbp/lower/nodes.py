"""The nodes of array expressions: what a statement of a program computes, before anyone chooses a NumPy function.

An array expression has named axes and no memory order: `Read` alone knows how an array lies in memory.  Letters are
unique within one statement, so that a letter means one axis of one size wherever it stands in the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from symbp.notation.expr import Expr, Sym


class Axis(NamedTuple):
    """A letter and its size: a number, or the name of a size that a call fixes (``n``, ``T``)."""

    letter: str
    size: int | str


@dataclass(frozen=True, slots=True)
class Affine:
    """A place along an axis as a sum of multiples of places along others: ``2*p + u - 1``.

    `terms` holds each axis once, with a factor that is not 0; `sizes` multiples of sizes that a call fixes (``T - 1``).
    """

    terms: tuple[tuple[Axis, int], ...]
    offset: int = 0
    sizes: tuple[tuple[str, int], ...] = ()

    @property
    def axes(self) -> tuple[Axis, ...]:
        return tuple(axis for axis, _ in self.terms)

    def relettered(self, letters: dict[Axis, Axis]) -> Affine:
        return replace(self, terms=tuple((letters.get(axis, axis), factor) for axis, factor in self.terms))


Places = tuple[tuple[Axis, Affine], ...]


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes.  `equation` is the number of the equation that the node comes from; equality ignores it."""

    equation: str = field(default="", compare=False, repr=False, kw_only=True)

    @property
    def children(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Read(Node):
    """A whole array; `axes` are in the order in which it lies in memory.

    Their sizes are those of the array, or others in C order: an array [n, 6, h] may be read as [n, 2, 3, h].
    """

    name: str
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class At(Node):
    """The part of `body` at one place along `axis`: ``h[n,T-1,k]``, ``z[n,t,0,j]``; in a loop, at its `STEP`."""

    body: Node
    axis: Axis
    place: Expr

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Scalar(Node):
    """A number that is known before the step runs, or follows from sizes, the step count and the learning rate."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Position(Node):
    """The place along an axis: 0, 1, 2, ..."""

    axis: Axis


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A function of every element, operands broadcast by letter.

    `function` is the name of a NumPy function (add, subtract, multiply, negative, reciprocal, square, sqrt, power, exp,
    maximum, greater, ...) or one of ``where``, ``abs``, ``sigmoid``, ``erf``.  There is no divide: ``a/b`` is
    ``multiply(a, reciprocal(b))``.  Comparisons give 0 or 1.
    """

    function: str
    args: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.args


@dataclass(frozen=True, slots=True)
class Fold(Node):
    """A reduction over the axes `over`: "sum", "mean", "max", "min" or "argmax" (the first, in C order of `over`)."""

    op: str
    over: tuple[Axis, ...]
    body: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Product(Node):
    """The product of two operands summed over the axes `over`: a matrix product where the axes allow it."""

    left: Node
    right: Node
    over: tuple[Axis, ...]
    form: str = ""  # "matmul" where this NumPy function is better than dot

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Pick(Node):
    """The elements of `source` whose place along the axis `axis` is given by integers: ``p[n, t[n]]``, ``E[i[n,t],k]``.

    The places lie on the axis.
    """

    source: Node
    axis: Axis
    labels: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.source, self.labels)


@dataclass(frozen=True, slots=True)
class Window(Node):
    """The elements of `source` whose places along some of its axes are affine: ``x[n,c,2*p+u-1,2*q+v-1]``.

    `at` gives the place along each of these axes, which have letters of their own and are no axes of the result.  Where
    a place lies outside of the axis, the value is `outside`: 0, or -inf or inf, which a max or min leaves out.
    A product takes windows that are a `view` where they lie, and copies others.
    """

    source: Node
    at: Places
    outside: float = 0.0
    view: bool = False

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.source,)


@dataclass(frozen=True, slots=True)
class Scatter(Node):
    """The adjoint of `Window`: ``sum[over](body*[h == 2*p + u - 1])``, what falls on one place added up.

    `at` gives, for each new axis, the place on it that an element of the body is added to; where that lies outside of
    the axis, the element is dropped.
    """

    body: Node
    at: Places
    over: tuple[Axis, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(frozen=True, slots=True)
class AddAt(Node):
    """The adjoint of `Pick`: ``sum[over](body*[labels == axis])``, for labels that are no affine places.

    `form` says how it is carried out, where that is not number by number: in "runs" of equal labels.
    """

    body: Node
    axis: Axis
    labels: Node
    over: tuple[Axis, ...]
    form: str = ""

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body, self.labels)


@dataclass(frozen=True, slots=True)
class Flat(Node):
    """The places ``p[n, t[n]]`` in an array with `axis` behind those of `labels`, or `first`, counted in C order."""

    labels: Node
    axis: Axis
    first: bool = False

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.labels,)


@dataclass(frozen=True, slots=True)
class OneHot(Node):
    """1 where the place along `axis` is the integer `labels`, else 0."""

    labels: Node
    axis: Axis

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.labels,)


@dataclass(frozen=True, slots=True)
class Spread(Node):
    """The same value at every place of `over`, which `body` does not have."""

    body: Node
    over: tuple[Axis, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)


STEP = Sym("step", "variable")  # the place along the axis of a loop that is carried out

# ``first_equal(tap, maximum)``: whether this tap of a window, which loops count, is the first to equal its maximum.
FIRST_EQUAL = "first_equal"
COMPARISONS = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!="}


def merged(groups: Iterable[Iterable[Axis]]) -> tuple[Axis, ...]:
    """Every axis of the groups once, in order of appearance."""
    return tuple(dict.fromkeys(a for group in groups for a in group))


def axes_of(node: Node) -> tuple[Axis, ...]:
    """The axes that the value of a node has: those of the operand with most axes first, in its order.

    Of a window, first the axes that count the windows, which are the longer ones, then those inside a window.
    """
    match node:
        case Read():
            return node.axes
        case Scalar():
            return ()
        case Position():
            return (node.axis,)
        case Apply():
            groups = [axes_of(a) for a in node.args]
            groups.sort(key=len, reverse=True)
            return merged(groups)
        case Fold():
            return tuple(a for a in axes_of(node.body) if a not in node.over)
        case At():
            return tuple(a for a in axes_of(node.body) if a != node.axis)
        case Product():
            return tuple(a for a in merged((axes_of(node.left), axes_of(node.right))) if a not in node.over)
        case Pick():
            return merged(axes_of(node.labels) if a == node.axis else (a,) for a in axes_of(node.source))
        case Window():
            own = [dict(node.at).get(a, Affine(((a, 1),))).axes for a in axes_of(node.source)]
            longest = tuple(max(axes, key=length_of) for axes in own if axes)
            return merged((longest, *own))
        case Scatter():
            return _scattered(axes_of(node.body), [(a, place.axes) for a, place in node.at], node.over)
        case AddAt():
            both = merged((axes_of(node.body), axes_of(node.labels)))
            return _scattered(both, [(node.axis, axes_of(node.labels))], node.over)
        case Flat():
            return axes_of(node.labels)
        case OneHot():
            return merged((axes_of(node.labels), (node.axis,)))
        case Spread():
            return merged((axes_of(node.body), node.over))
    raise TypeError(f"not an array expression: {node!r}")


def length_of(axis: Axis) -> int:
    """How long an axis is; a size that calls fix counts as long."""
    return axis.size if isinstance(axis.size, int) else 1 << 30


def _scattered(
    own: tuple[Axis, ...], new: list[tuple[Axis, tuple[Axis, ...]]], over: tuple[Axis, ...]
) -> tuple[Axis, ...]:
    """The axes `own` with each new axis in the place of the longest of those that it is made of."""
    found = list(own)
    for axis, made_of in new:
        gone = [a for a in made_of if a in over and a in found]
        if gone:
            found[found.index(max(gone, key=length_of))] = axis
        else:
            found.append(axis)
    return tuple(a for a in found if a not in over)


def with_children(node: Node, children: tuple[Node, ...]) -> Node:
    """The same node over other children."""
    match node:
        case Apply():
            return replace(node, args=children)
        case Fold() | Spread() | Scatter() | At():
            return replace(node, body=children[0])
        case Product():
            return replace(node, left=children[0], right=children[1])
        case Pick():
            return replace(node, source=children[0], labels=children[1])
        case Window():
            return replace(node, source=children[0])
        case AddAt():
            return replace(node, body=children[0], labels=children[1])
        case OneHot() | Flat():
            return replace(node, labels=children[0])
    return node


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """`change` applied to every node, children first; a node below which nothing changes stays the object it is."""
    children = tuple([mapped(c, change) for c in node.children])
    changed = any(a is not b for a, b in zip(children, node.children, strict=True))
    return change(with_children(node, children) if changed else node)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, parents first."""
    yield node
    for child in node.children:
        yield from walk(child)


def reads(node: Node) -> tuple[str, ...]:
    """The names of the arrays that a tree reads, once each, in order."""
    return tuple(dict.fromkeys([n.name for n in walk(node) if isinstance(n, Read)]))


def relettered(node: Node, letters: dict[Axis, Axis]) -> Node:
    """The tree with its axes renamed, bound ones included."""

    def many(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
        return tuple(letters.get(a, a) for a in axes)

    def places(at: Places) -> Places:
        return tuple((letters.get(a, a), place.relettered(letters)) for a, place in at)

    def change(n: Node) -> Node:
        match n:
            case Read():
                return replace(n, axes=many(n.axes))
            case Position() | Pick() | OneHot() | Flat() | At():
                return replace(n, axis=letters.get(n.axis, n.axis))
            case Fold() | Product() | Spread():
                return replace(n, over=many(n.over))
            case AddAt():
                return replace(n, axis=letters.get(n.axis, n.axis), over=many(n.over))
            case Window():
                return replace(n, at=places(n.at))
            case Scatter():
                return replace(n, at=places(n.at), over=many(n.over))
        return n

    return mapped(node, change)


def all_axes(node: Node) -> tuple[Axis, ...]:
    """Every axis of a tree, free or bound, in order of appearance."""
    found: dict[Axis, None] = {}
    for n in walk(node):
        match n:
            case Read():
                found.update(dict.fromkeys(n.axes))
            case Position() | Pick() | OneHot() | Flat() | AddAt() | At():
                found.setdefault(n.axis)
        match n:
            case Fold() | Product() | Spread() | Scatter() | AddAt():
                found.update(dict.fromkeys(n.over))
        if isinstance(n, Window | Scatter):
            found.update(dict.fromkeys(b for a, place in n.at for b in (a, *place.axes)))
    return tuple(found)
