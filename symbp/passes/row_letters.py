"""Which letters of a statement count rows, and which rows of the arrays that it reads a part of them needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symbp.lower.model import (
    FIRST_EQUAL,
    Affine,
    Apply,
    Axis,
    Fold,
    Node,
    Product,
    Read,
    Scalar,
    Scatter,
    Spread,
    Statement,
    Window,
    all_axes,
    axes_of,
    mapped,
)
from symbp.passes.places import OVER_ANY

Letters = frozenset[Axis]
Sizes = tuple[int | str, ...]
OF_ANY = OVER_ANY - {"sigmoid"}  # calls that take however many rows; a sigmoid is several
FOLDS = ("sum", "max", "min")


@dataclass(frozen=True, slots=True)
class Use:
    """One read of an array by rows: along `dimension`, for row r the rows ``factor*r + first`` and `more` behind it."""

    read: Read
    dimension: int
    count: int | str  # of the rows r
    factor: int = 1
    first: int = 0
    more: int = 0

    @property
    def whole(self) -> bool:
        """Whether parts of the rows need parts of the array that do not overlap, and all of it."""
        size = self.read.axes[self.dimension].size
        return self.first == 0 and self.more < self.factor and size == self.factor * self.count


@dataclass(slots=True)
class Uses:
    """What is found in a value: the reads by rows; `fits` is whether parts of the rows can be computed at all."""

    rows: Letters
    found: list[Use] = field(default_factory=list)
    fits: bool = True

    def scan(self, node: Node) -> None:
        """Looks at a value whose axes may be rows."""
        match node:
            case Read():
                self.read(node)
            case Window(source=Read() as source):
                self.window(node, source)
            case Scatter():
                self.fits = self.fits and all(_linked(h, place, self.rows) for h, place in node.at)
                self.scan_all(node)
            case Fold() | Product():
                self.fits = self.fits and not self.rows & set(node.over)
                self.scan_all(node)
            case Apply(function=function, args=(tap, maximum)) if function == FIRST_EQUAL:
                self.fits = self.fits and not self.rows & (set(axes_of(tap)) - set(axes_of(maximum)))  # taps in order
                self.scan_all(node)
            case Apply() | Scalar() | Spread():
                self.fits = self.fits and not (isinstance(node, Spread) and self.rows & set(node.over))
                self.scan_all(node)
            case _:
                self.fits = False

    def scan_all(self, node: Node) -> None:
        for child in node.children:
            self.scan(child)

    def read(self, node: Read) -> None:
        own = [k for k, a in enumerate(node.axes) if a in self.rows]
        self.fits = self.fits and len(own) <= 1
        self.found += [Use(node, k, node.axes[k].size) for k in own[:1]]

    def window(self, node: Window, source: Read) -> None:
        met = [(h, place) for h, place in node.at if set(place.axes) & self.rows]
        if not met:
            self.fits = self.fits and not self.rows & {h for h, _ in node.at}
            self.read(source)
            return
        (hi, place), *others = met
        rows = [t for t in place.terms if t[0] in self.rows]
        taps = [t for t in place.terms if t[0] not in self.rows]
        known = all(isinstance(a.size, int) for a in (hi, *place.axes)) and not place.sizes
        if others or len(rows) != 1 or rows[0][1] < 1 or not known or set(source.axes) & self.rows:
            self.fits = False
            return
        ends = [f * (_size(a) - 1) for a, f in taps]
        first = place.offset + sum(e for e in ends if e < 0)
        more = sum(map(abs, ends))
        ((row, factor),) = rows
        inside = first >= 0 and first + factor * (_size(row) - 1) + more < _size(hi)
        self.fits = self.fits and inside
        self.found.append(Use(source, source.axes.index(hi), _size(row), factor, first, more))


def row_of(hi: Axis, place: Affine) -> Axis | None:
    """The axis that counts windows which lie side by side and fill an axis; None where none does."""
    return next((a for a, f in place.terms if _fills(hi, place, a, f)), None)


def counted_together(s: Statement, sizes: Sizes) -> Statement:
    """The statement with its first axes, of these sizes, as one; as it is where an array has some of them otherwise."""
    lead = s.axes[: len(sizes)]
    if len(sizes) == 1 or tuple(a.size for a in lead) != sizes:
        return s
    row = Axis(lead[0].letter, " * ".join(map(str, sizes)))

    def change(node: Node) -> Node:
        own = isinstance(node, Read) and node.axes[: len(lead)] == lead
        return replace(node, axes=(row, *node.axes[len(lead) :])) if isinstance(node, Read) and own else node

    value = mapped(s.value, change)
    return s if set(lead) & set(all_axes(value)) else replace(s, axes=(row, *s.axes[len(lead) :]), value=value)


def row_by_row(s: Statement) -> bool:
    """Whether one call computes a statement for however many places of its first axis: the last part may be short."""
    value = s.value
    if isinstance(value, Fold):
        own = isinstance(value.body, Read) and len(value.over) == 1 and value.body.axes == (*s.axes, *value.over)
        return own and len(s.axes) == 1 and value.op in FOLDS
    apply = isinstance(value, Apply) and value.function in OF_ANY
    return apply and all(isinstance(n, Read | Scalar) for n in value.children)


def row_letters(s: Statement, made: Mapping[str, int], seed: Axis | None = None) -> Letters:
    """The letters of a statement that count rows: those of arrays `made` by rows, by their dimension, or a `seed`."""
    found = set() if seed is None else {seed}
    _of_reads(s.value, made, found)
    for node in _scatters(s.value):
        for hi, place in node.at:
            row = row_of(hi, place)
            if row is not None and {hi, row} & found:
                found |= {hi, row}
    return frozenset(found)


def _of_reads(node: Node, made: Mapping[str, int], found: set[Axis]) -> None:
    if isinstance(node, Window) and isinstance(node.source, Read) and _met(node.source, made):
        axis = node.source.axes[made[node.source.name]]
        place = dict(node.at).get(axis)
        row = axis if place is None else row_of(axis, place)
        found |= {row} if row is not None else {max(place.axes, key=_size)} if place is not None else set()
        return
    if isinstance(node, Read) and _met(node, made):
        found.add(node.axes[made[node.name]])
    for child in node.children:
        _of_reads(child, made, found)


def _met(read: Read, made: Mapping[str, int]) -> bool:
    """Whether an array made by rows is read by an axis for them."""
    return made.get(read.name, len(read.axes)) < len(read.axes)


def _scatters(node: Node) -> list[Scatter]:
    own = [node] if isinstance(node, Scatter) else []
    return own + [s for c in node.children for s in _scatters(c)]


def _linked(hi: Axis, place: Affine, rows: Letters) -> bool:
    """Whether what is scattered to the places of a part of an axis comes from one part of the rows."""
    if hi not in rows:
        return not set(place.axes) & rows
    row = row_of(hi, place)
    return row is not None and set(place.axes) & rows == {row}


def _fills(hi: Axis, place: Affine, row: Axis, factor: int) -> bool:
    """Whether the places are windows of `factor` neighbours, one for each `row`."""
    others = [(a, f) for a, f in place.terms if a != row]
    known = all(isinstance(a.size, int) for a in (hi, *place.axes)) and not place.sizes and not place.offset
    if not known or factor < 1 or any(f < 0 for _, f in others):
        return False
    return factor * _size(row) == _size(hi) and sum(f * (_size(a) - 1) for a, f in others) < factor


def _size(axis: Axis) -> int:
    return axis.size if isinstance(axis.size, int) else 0
