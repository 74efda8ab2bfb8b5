"""Which element of which array an operation reads or writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from symbp.lower.model import Affine, At, Axis, Node, OneHot, Pick, Read, Window, at_tap
from symbp.notation.expr import Expr

Size = int | str


@dataclass(frozen=True, slots=True)
class Label:
    """The place that an array of integers gives."""

    at: Access


Index = Axis | Affine | Expr | Label


@dataclass(frozen=True, slots=True)
class Access:
    """One element of an array, which is seen in a shape that `sizes` gives, at one place along each dimension."""

    name: str
    sizes: tuple[Size, ...]
    index: tuple[Index, ...]

    def along(self, axis: Axis) -> int | None:
        """The dimension that an axis counts alone; None where there is none."""
        found = [k for k, i in enumerate(self.index) if i == axis]
        return found[0] if len(found) == 1 else None

    def at_tap(self, taps: Mapping[Axis, int]) -> Access:
        """The element where a tap is counted out."""
        places = (Affine(((i, 1),)) if isinstance(i, Axis) and i in taps else i for i in self.index)
        return replace(self, index=tuple(at_tap(i, taps) if isinstance(i, Affine) else i for i in places))

    def relettered(self, letters: dict[Axis, Axis]) -> Access:
        return replace(self, index=tuple(_relettered(i, letters) for i in self.index))


def _relettered(index: Index, letters: dict[Axis, Axis]) -> Index:
    match index:
        case Axis():
            return letters.get(index, index)
        case Affine():
            return index.relettered(letters)
        case Label(at=at):
            return Label(at.relettered(letters))
    return index


def filled(name: str, shape: tuple[Size, ...], axes: tuple[Axis, ...], fixed: dict[int, Expr]) -> Access:
    """The element of an array that a statement fills; `fixed` are places along dimensions that have no axis."""
    if not fixed:
        return Access(name, tuple(a.size for a in axes), axes)
    rest = iter(axes)
    return Access(name, shape, tuple(fixed[k] if k in fixed else next(rest) for k in range(len(shape))))


def element(node: Node) -> Access | None:
    """The element that a leaf of an expression reads; None where it is none."""
    match node:
        case Read(name=name, axes=axes):
            return Access(name, tuple(a.size for a in axes), axes)
        case At(body=body, axis=axis, place=place):
            return _placed(element(body), axis, place)
        case Pick(source=source, axis=axis, labels=labels):
            label = element(labels)
            return None if label is None else _placed(element(source), axis, Label(label))
        case Window(source=source, at=at):
            found = element(source)
            for over, where in at:
                alone = where.terms == ((where.axes[0], 1),) and not where.offset if where.terms else False
                found = _placed(found, over, where.axes[0] if alone else where)
            return found
    return None


def _placed(found: Access | None, axis: Axis, place: Index) -> Access | None:
    if found is None:
        return None
    return replace(found, index=tuple(place if i == axis else i for i in found.index))


def accesses(node: Node) -> Iterator[Access]:
    """Every element that an expression reads."""
    found = element(node)
    if found is not None:
        yield found
        yield from (i.at for i in found.index if isinstance(i, Label))
    elif isinstance(node, OneHot):
        yield from accesses(node.labels)
    else:
        for child in node.children:
            yield from accesses(child)
