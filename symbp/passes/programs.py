"""The programs of a product over windows: every axis of a window is dealt with in one of four ways.

- patches: the windows of the image are laid side by side (im2col), and the kernel is a matrix;
- taps: every tap of the kernel is a row of its own in the product, and the rows are added up, each shifted by its tap;
- blocks: several neighbouring results are computed from one patch, by a matrix that holds the kernel several times,
  each time shifted (a Toeplitz block): more multiplications, fewer numbers to copy, and products that are less narrow;
- views: as patches, but read where they lie: the axis lies outermost, and at each of its places the patch is a matrix
  of neighbouring rows of the image.  One product for each place, nothing copied.  All other axes are taps.

Of a gradient by the image, laying the windows of its result side by side is "patches" too, and adding up shifted rows
"taps".  A way may differ from axis to axis: rows as patches and columns as taps is the kernel split by rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product as every

from symbp.lower.model import (
    Affine,
    Array,
    Axis,
    Fold,
    Node,
    Places,
    Product,
    Read,
    Scatter,
    Statement,
    Window,
    axes_of,
    free_name,
    fresh_axis,
    letters_of,
    merged,
    reads,
    stays_inside,
    strided,
    with_children,
)
from symbp.passes.arrange import together
from symbp.passes.relations import IMAGE, KERNEL, RESULT, Relation, Windowed, extent

PATCHES, TAPS, VIEWS = "patches", "taps", "views"
BLOCKS = (2, 4, 7, 8)  # results in a block
Way = str | int  # PATCHES, TAPS, VIEWS, or how many results a block has
Order = tuple[Axis, ...]


def ways_of(w: Windowed) -> list[tuple[Way, ...]]:
    """The ways that fit, one for each relation; patches all along first."""
    options: list[list[Way]] = []
    for r in w.relations:
        own: list[Way] = [PATCHES]
        if r.step == 1:
            own.append(TAPS)
        if r.tap == 1 and extent(r.u) > 1:
            own += [b for b in BLOCKS if b < extent(r.lo) and extent(r.lo) % b == 0]
        options.append(own)
    views = [r for r in w.relations if r.tap == 1 and all(other.step == 1 for other in w.relations if other is not r)]
    return [*every(*options), *(tuple(VIEWS if other is r else TAPS for other in w.relations) for r in views)]


def shown(ways: tuple[Way, ...]) -> str:
    """The ways of all axes as words."""
    return " x ".join(f"blocks of {way}" if isinstance(way, int) else way for way in ways)


@dataclass(slots=True)
class Building:
    """One program in the making: the letters that are taken, and the arrays and statements that there are."""

    w: Windowed
    ways: tuple[Way, ...]
    layer: str
    arrays: dict[str, Array]
    taken: set[str] = field(default_factory=set)
    made: list[Statement] = field(default_factory=list)
    over: list[Axis] = field(default_factory=list)
    at: dict[Axis, Affine] = field(default_factory=dict)
    split: dict[Axis, Order] = field(default_factory=dict)  # an axis that is read as two: blocks, and places in them
    longer: dict[Axis, Axis] = field(default_factory=dict)  # a tap, and the place in a patch of a block
    fold: dict[Axis, Affine] = field(default_factory=dict)
    folded: list[Axis] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.taken = letters_of(self.w.s.axes, self.w.s.value)
        self.over = list(self.w.product.over)
        self.at = dict(self.w.window.at)

    # ---- letters ----

    def blocked(self, r: Relation, size: int) -> tuple[Axis, Axis, Axis]:
        """The axes that count blocks, the results in a block, and the places in its patch."""
        block = fresh_axis(Axis(r.lo.letter, extent(r.lo) // size), self.taken)
        inside = fresh_axis(Axis("b", size), self.taken)
        place = fresh_axis(Axis(r.u.letter, r.step * (size - 1) + extent(r.u)), self.taken)
        self.split[r.lo], self.longer[r.u] = (block, inside), place
        return block, inside, place

    def parted(self, read: Read) -> Read:
        """An array read with the axes that are split."""
        return replace(read, axes=tuple(b for a in read.axes for b in self.split.get(a, (a,))))

    def within(self) -> Order:
        """The axes of places in blocks."""
        return tuple(inside for _, inside in self.split.values())

    # ---- arrays ----

    def name(self, stem: str, axes: Order, value: Node) -> Read:
        """A value of its own: of what it copies, or towards what it leads to."""
        of = reads(value)[0] if isinstance(value, Window) else self.w.s.target
        name = free_name(f"{stem}_{self.layer if self.arrays[of].part_of else of}", self.arrays)
        self.arrays[name] = Array(name, tuple(a.size for a in axes))
        origin = self.w.product.equation or self.w.s.equation
        self.made.append(replace(self.w.s, target=name, axes=axes, value=value, equation=origin))
        return Read(name, axes, equation=origin)

    def kernel(self, read: Read) -> Read:
        """The kernel; where there are blocks, the matrix that holds it several times."""
        if not self.split:
            return read
        steps = {r.u: (r, self.split[r.lo][1]) for r in self.w.relations if r.lo in self.split}
        at = {u: Affine(((self.longer[u], 1), (inside, -r.step))) for u, (r, inside) in steps.items()}
        axes = (*self.within(), *(self.longer.get(a, a) for a in read.axes))
        return self.name("blocks", axes, Window(read, tuple(at.items())))

    def multiplied(self, first: Node, second: Node) -> Product:
        """The product of what the window was read of, and the other operand, in the order in which they stood."""
        pair = (first, second) if self.w.product.left is self.w.window else (second, first)
        return replace(self.w.product, left=pair[0], right=pair[1], over=tuple(self.over))

    def image(self) -> Node:
        """The operand that is read by windows, as far as it still is."""
        view = VIEWS in self.ways
        return replace(self.w.window, at=tuple(self.at.items()), view=view) if self.at else self.w.source

    def put(self, value: Node) -> None:
        """The statement itself, with this in the place of the product."""
        axes = tuple(b for a in self.w.s.axes for b in self.split.get(a, (a,)))
        axes = axes if self.w.kind == RESULT else self.w.s.axes
        self.made.append(replace(self.w.s, value=self.instead(self.w.s.value, value), axes=axes))

    def instead(self, node: Node, value: Node) -> Node:
        """A value with another one in the place of the product, and the other arrays in the axes of the result."""
        if node is self.w.product:
            return value
        if isinstance(node, Read):
            return self.parted(node) if self.w.kind == RESULT else node
        return with_children(node, tuple(self.instead(c, value) for c in node.children))


def program_of(
    w: Windowed, ways: tuple[Way, ...], layer: str, arrays: Mapping[str, Array]
) -> tuple[list[Statement], dict[str, Array]] | None:
    """The statements of one program, and all arrays; None where the ways do not go together."""
    if all(way == PATCHES for way in ways):
        return [w.s], dict(arrays)
    building = Building(w, ways, layer, dict(arrays))
    done = {RESULT: _result, KERNEL: _kernel, IMAGE: _image}[w.kind](building)
    return (building.made, building.arrays) if done else None


def _result(b: Building) -> bool:
    """The convolution itself."""
    for r, way in zip(b.w.relations, b.ways, strict=True):
        if isinstance(way, int):
            block, _, place = b.blocked(r, way)
            b.at[r.hi] = Affine(((block, r.step * way), (place, 1)), r.offset)
            b.over[b.over.index(r.u)] = place
        elif way == TAPS:
            del b.at[r.hi]
            b.over.remove(r.u)
            b.fold[r.hi] = Affine(((r.lo, r.step), (r.u, r.tap)), r.offset)
            b.folded.append(r.u)
    value = b.multiplied(b.image(), b.kernel(b.w.other))
    if VIEWS in b.ways and strided(value) is None:
        return False
    return _put_folded(b, value)


def _kernel(b: Building) -> bool:
    """The gradient by the kernel."""
    other: Node = b.w.other
    gathered: list[tuple[Axis, Affine]] = []
    for r, way in zip(b.w.relations, b.ways, strict=True):
        if isinstance(way, int):
            block, _, place = b.blocked(r, way)
            b.at[r.hi] = Affine(((block, r.step * way), (place, 1)), r.offset)
            b.over[b.over.index(r.lo)] = block
        elif way == TAPS:
            del b.at[r.hi]
            b.over[b.over.index(r.lo)] = r.hi
            gathered.append((r.lo, Affine(((r.hi, 1), (r.u, -r.tap)), -r.offset)))
        elif way == VIEWS:
            b.over.remove(r.lo)
            b.folded.append(r.lo)
    other = b.parted(b.w.other)
    other = Window(other, tuple(gathered)) if gathered else other
    value = b.multiplied(b.image(), other)
    if VIEWS in b.ways:
        found = strided(value)
        if found is None:
            return False
        read = b.name("rows", found.order(()), value)
        b.put(Fold("sum", tuple(b.folded), read, equation=b.w.product.equation))
        return True
    if not b.split:
        b.put(value)
        return True
    axes = (*b.within(), *(b.longer.get(a, a) for a in b.w.s.axes))
    # The product the other way round, patches times blocks, is 5 to 15 % faster by itself where patches are the larger
    # side, but not in a step (0.99 to 1.01 of it for two convolutions of 5 x 5).
    read = b.name("blocks", axes, value)
    at: Places = tuple(
        (b.longer[r.u], Affine(((b.split[r.lo][1], r.step), (r.u, 1)))) for r in b.w.relations if r.lo in b.split
    )
    b.put(Fold("sum", b.within(), Window(read, at), equation=b.w.product.equation))
    return True


def _image(b: Building) -> bool:
    """The gradient by the image."""
    places: list[tuple[Axis, Affine]] = []
    over: list[Axis] = []
    for r, way in zip(b.w.relations, b.ways, strict=True):
        if isinstance(way, int):
            block, inside, place = b.blocked(r, way)
            del b.at[r.lo]
            b.over[b.over.index(r.u)] = inside
            places.append((r.hi, Affine(((block, way), (place, 1)), r.offset)))
            over += [block, place]
        elif way == TAPS:
            del b.at[r.lo]
            b.over.remove(r.u)
            b.fold[r.lo] = Affine(((r.hi, 1), (r.u, -r.tap)), -r.offset)
            places.append((r.hi, Affine(((r.lo, 1), (r.u, r.tap)), r.offset)))
            b.folded.append(r.u)
            over += [r.lo, r.u]
    source = b.parted(b.w.source)
    image = replace(b.w.window, source=source, at=tuple(b.at.items())) if b.at else source
    if VIEWS in b.ways:
        return _seen(b, b.ways.index(VIEWS))
    value = b.multiplied(image, b.kernel(b.w.other))
    kernel = value.right if value.left is image else value.left
    taps = [*b.folded, *(b.longer[r.u] for r in b.w.relations if r.u in b.longer)]
    rows = tuple(a for a in axes_of(kernel) if a not in b.over)
    axes = (*rows, *(a for a in axes_of(image) if a not in b.over))
    read = b.name("taps", axes if together(axes_of(kernel), rows) else _first(value, taps), value)
    if not b.split:
        b.put(Fold("sum", tuple(b.folded), Window(read, tuple(b.fold.items())), equation=b.w.product.equation))
        return True
    if not stays_inside(tuple(places)) or b.w.s.value is not b.w.product:
        return False
    if not _put_in_phases(b, read, places, over):
        b.put(Scatter(read, tuple(places), tuple(over), equation=b.w.product.equation))
    return True


def _put_in_phases(b: Building, read: Read, places: list[tuple[Axis, Affine]], over: list[Axis]) -> bool:
    """What blocks along all axes give added up where each place of a block is an array of its own, then put in order.

    Blocks of 2 fall on every second place: in ``dx[2*g + r]`` on neighbours in ``d[r, g]``, as longer rows and in a
    fourth of the calls.  Where only some axes have blocks the taps of the others are long rows already.
    """
    # Readers of dx could take it as it lies in d: their short rows cost what the copy does, which is therefore made.
    inner, split = list[Axis](), dict[Axis, Order]()
    at, done = list[tuple[Axis, Affine]](), list[Axis]()
    for axis, place in places:
        block, factor = place.terms[0]
        patch = place.terms[1][0]
        if factor == 1 or any(size % factor for size in (extent(axis), extent(patch), place.offset)):
            return False
        count = fresh_axis(Axis(axis.letter, extent(axis) // factor), b.taken)
        inside, first = fresh_axis(Axis("b", factor), b.taken), Axis(patch.letter, extent(patch) // factor)
        first = fresh_axis(first, b.taken)
        split |= {axis: (count, inside), patch: (first, inside)}
        inner.append(inside)
        done.append(first)
        at.append((count, Affine(((block, 1), (first, 1)), place.offset // factor)))
    body = replace(read, axes=tuple(a for axis in read.axes for a in split.get(axis, (axis,))))
    summed = (*(a for a in over if a not in split), *done)
    axes = (*inner, *(split.get(a, (a,))[0] for a in b.w.s.axes))
    phases = b.name("phases", axes, Scatter(body, tuple(at), summed, equation=b.w.product.equation))
    own = tuple(a for axis in b.w.s.axes for a in split.get(axis, (axis,)))
    b.made.append(replace(b.w.s, value=phases, axes=own))
    return True


def _seen(b: Building, k: int) -> bool:
    """The gradient by the image, one relation as views: the taps of the kernel count backwards, its rows forwards."""
    r = b.w.relations[k]
    back = fresh_axis(r.u, b.taken)
    kernel = Window(b.w.other, ((r.u, Affine(((back, -1),), extent(r.u) - 1)),))
    place = Affine(((r.hi, 1), (back, 1)), 1 - extent(r.u) - r.offset)
    b.over[b.over.index(r.u)] = back
    value = b.multiplied(replace(b.w.window, at=((r.lo, place),), view=True), kernel)
    if strided(value) is None:
        return False
    return _put_folded(b, value)


def _put_folded(b: Building, value: Product) -> bool:
    """The product in the place of the old one, its taps folded where it has any."""
    if not b.fold:
        b.put(value)
        return True
    read = b.name("taps", _first(value, b.folded), value)
    b.put(Fold("sum", tuple(b.folded), Window(read, tuple(b.fold.items())), equation=b.w.product.equation))
    return True


def _first(value: Product, taps: list[Axis]) -> Order:
    """The axes of a product with the taps first: each tap is one array without gaps."""
    found = strided(value)
    if found is not None:
        return found.order(tuple(taps))
    kernel, image = sorted((axes_of(n) for n in value.children), key=lambda axes: not set(taps) & set(axes))
    rows = (*taps, *(a for a in kernel if a not in taps))
    return tuple(a for a in merged((rows, image)) if a not in value.over)
