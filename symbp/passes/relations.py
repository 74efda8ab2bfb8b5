"""Products over windows, in the form that all of their programs are made from.

A place that is read by a window is an axis of its own: ``hi = step*lo + tap*u + offset``.  A convolution and both of
its gradients are then one sum over three arrays, of the image (with hi), of its result (with lo) and of the kernel
(with u); only what is summed differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbp.lower.model import Apply, Axis, Node, Product, Read, Statement, Window, axes_of, walk

RESULT, KERNEL, IMAGE = "result", "kernel", "image"  # which of the three a statement computes


@dataclass(frozen=True, slots=True)
class Relation:
    """``hi = step*lo + tap*u + offset``."""

    hi: Axis
    lo: Axis
    u: Axis
    step: int
    tap: int
    offset: int


@dataclass(frozen=True, slots=True)
class Windowed:
    """A statement with one product over windows.  `window` is the operand that is read so, `other` the other one."""

    s: Statement
    product: Product
    window: Window
    source: Read
    other: Read
    kind: str
    relations: tuple[Relation, ...]

    @property
    def rest(self) -> tuple[tuple[Axis, object], ...]:
        """The places that are no relation of three axes."""
        related = {r.lo if self.kind == IMAGE else r.hi for r in self.relations}
        return tuple((axis, place) for axis, place in self.window.at if axis not in related)


def windowed(s: Statement) -> Windowed | None:
    """What a statement computes over windows; None where it is not one product of an array and a window of another."""
    if not s.definition:
        return None
    found = [n for n in walk(s.value) if isinstance(n, Product) and any(isinstance(c, Window) for c in n.children)]
    if len(found) != 1 or not _is_term(s.value, found[0]):
        return None
    (product,) = found
    match product:
        case Product(left=Window(source=Read() as source) as window, right=Read() as other):
            pass
        case Product(right=Window(source=Read() as source) as window, left=Read() as other):
            pass
        case _:
            return None
    read = [_relation(axis, place.terms, place.offset, product, other) for axis, place in window.at]
    met = [r for r in read if r is not None]
    kinds = {kind for kind, _ in met}
    plain = not window.outside and all(not place.sizes for _, place in window.at)
    once = len({a for _, r in met for a in (r.lo, r.u, r.hi)}) == 3 * len(met)
    if len(kinds) != 1 or not plain or not once:
        return None
    return Windowed(s, product, window, source, other, kinds.pop(), tuple(r for _, r in met))


def _is_term(value: Node, product: Product) -> bool:
    """Whether a value is a sum with this product as a term, or the product itself."""
    if value is product:
        return True
    return isinstance(value, Apply) and value.function == "add" and any(_is_term(a, product) for a in value.args)


def _relation(
    axis: Axis, terms: Sequence[tuple[Axis, int]], offset: int, product: Product, other: Read
) -> tuple[str, Relation] | None:
    """Of a place of two axes with sizes that are known: which array is computed, and the relation."""
    known = all(isinstance(a.size, int) for a in (axis, *(a for a, _ in terms)))
    if len(terms) != 2 or not known:
        return None
    summed = [t for t in terms if t[0] in product.over and t[0] in axes_of(other)]
    free = [t for t in terms if t[0] not in product.over and t[0] not in axes_of(other)]
    if len(summed) != 1 or len(free) != 1:
        return None
    (a, f), (b, g) = free[0], summed[0]
    if f == 1 and g < 0:
        return IMAGE, Relation(a, axis, b, 1, -g, -offset)
    if f < 1 or g < 1:
        return None
    if extent(a) >= extent(b):
        return RESULT, Relation(axis, a, b, f, g, offset)
    return KERNEL, Relation(axis, b, a, g, f, offset)


def extent(axis: Axis) -> int:
    """The size of an axis that is known."""
    assert isinstance(axis.size, int)
    return axis.size
