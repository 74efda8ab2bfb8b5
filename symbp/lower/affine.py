"""Index expressions as sums of multiples of indices, sizes and a number; and whether a place stays on its axis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from symbp.lower.nodes import Affine, Apply, Axis, Node, Places, Position, Scalar, Window, axes_of
from symbp.notation.expr import Add, Expr, Index, Mul, Num, Sym, number

Size = int | str
Key = TypeVar("Key", Index, str)


@dataclass(frozen=True, slots=True)
class Linear:
    """``sum of factor*index + sum of factor*size + constant``; no factor is 0.  Only free sizes stay sizes."""

    indices: Mapping[Index, int]
    sizes: Mapping[str, int]
    constant: int

    def plus(self, other: Linear, times: int = 1) -> Linear:
        """``self + times*other``."""
        return Linear(
            _merged(self.indices, other.indices, times),
            _merged(self.sizes, other.sizes, times),
            self.constant + times * other.constant,
        )

    def without(self, index: Index) -> Linear:
        return Linear({i: f for i, f in self.indices.items() if i != index}, self.sizes, self.constant)

    def expr(self) -> Expr:
        """The same as notation: one index alone is that index."""
        parts: list[Expr] = [_times(f, i) for i, f in self.indices.items()]
        parts += [_times(f, Sym(name, "size")) for name, f in self.sizes.items()]
        if self.constant or not parts:
            parts.append(number(self.constant))
        return parts[0] if len(parts) == 1 else Add(tuple(parts))


def _merged(a: Mapping[Key, int], b: Mapping[Key, int], times: int) -> dict[Key, int]:
    total = dict(a)
    for key, factor in b.items():
        total[key] = total.get(key, 0) + times * factor
    return {key: factor for key, factor in total.items() if factor}


def _times(factor: int, e: Expr) -> Expr:
    return e if factor == 1 else Mul((number(factor), e))


def linear(e: Expr, sizes: Mapping[str, Size]) -> Linear | None:
    """The expression as a linear one; None if it is not.  `sizes` gives what size symbols stand for."""
    match e:
        case Num() if e.value.denominator == 1:
            return Linear({}, {}, int(e.value))
        case Index():
            return Linear({e: 1}, {}, 0)
        case Sym(kind="size"):
            value, free = size_bound(sizes.get(e.name, e.name))
            return Linear({}, free, value)
        case Add():
            total = Linear({}, {}, 0)
            for a in e.args:
                part = linear(a, sizes)
                if part is None:
                    return None
                total = total.plus(part)
            return total
        case Mul():
            return _product(e, sizes)
    return None


def _product(e: Mul, sizes: Mapping[str, Size]) -> Linear | None:
    value = Linear({}, {}, 1)
    for a in e.args:
        part = linear(a, sizes)
        if part is None:
            return None
        for left, right in ((value, part), (part, value)):
            if not left.indices and not left.sizes:
                value = Linear({}, {}, 0).plus(right, left.constant)
                break
        else:
            return None
    return value


def affine(place: Linear, axes: Mapping[Index, Axis]) -> Affine:
    """The place in the axes that stand for the indices."""
    terms = tuple((axes[i], f) for i, f in place.indices.items())
    return Affine(terms, place.constant, tuple(sorted(place.sizes.items())))


def affine_of(node: Node) -> Affine | None:
    """An array expression of places as an affine place; None if it is none."""
    match node:
        case Scalar(value=Num(value=value)) if value.denominator == 1:
            return Affine((), int(value))
        case Position():
            return Affine(((node.axis, 1),))
        case Apply(function="add" | "subtract" | "multiply", args=(left, right)):
            a, b = affine_of(left), affine_of(right)
            if a is None or b is None:
                return None
            if node.function != "multiply":
                return _added(a, b, 1 if node.function == "add" else -1)
            for varying, fixed in ((a, b), (b, a)):
                if not fixed.terms:
                    return _added(Affine(()), varying, fixed.offset)
    return None


def _added(a: Affine, b: Affine, times: int) -> Affine:
    terms = dict(a.terms)
    for axis, factor in b.terms:
        terms[axis] = terms.get(axis, 0) + times * factor
    return Affine(tuple((axis, f) for axis, f in terms.items() if f), a.offset + times * b.offset)


# ---- ranges ----

Bound = tuple[int, Mapping[str, int]]  # a number and multiples of free sizes, each at least 1


def bounds(place: Affine) -> tuple[Bound, Bound]:
    """The least and the greatest place."""
    low, high = (place.offset, dict(place.sizes)), (place.offset, dict(place.sizes))
    for axis, factor in place.terms:
        end = _last(axis.size)
        if factor > 0:
            high = _sum(high, end, factor)
        else:
            low = _sum(low, end, factor)
    return low, high


def _last(size: Size) -> Bound:
    number, sizes = size_bound(size)
    return number - 1, sizes


def _sum(a: Bound, b: Bound, times: int) -> tuple[int, dict[str, int]]:
    return a[0] + times * b[0], _merged(a[1], b[1], times)


def never_negative(bound: Bound) -> bool:
    """Whether a bound is at least 0 for all sizes from 1 on."""
    return all(f >= 0 for f in bound[1].values()) and bound[0] + sum(bound[1].values()) >= 0


def starts_inside(place: Affine) -> bool:
    """Whether no place is below 0."""
    return never_negative(bounds(place)[0])


def ends_inside(place: Affine, size: Size) -> bool:
    """Whether no place is beyond the axis."""
    return never_negative(_sum(_last(size), bounds(place)[1], -1))


def inside(place: Affine, axis: Axis) -> bool:
    """Whether every place lies on the axis."""
    return starts_inside(place) and ends_inside(place, axis.size)


def stays_inside(at: Places) -> bool:
    """Whether all places lie on their axes."""
    return all(inside(place, axis) for axis, place in at)


def is_shift(node: Window) -> bool:
    """Whether the places are those of other axes, one each, moved by constants."""
    places = dict(node.at)
    own = [a for a in axes_of(node.source) if a not in places]
    axes = [a for place in places.values() for a in place.axes]
    single = all(len(place.terms) == 1 and place.terms[0][1] == 1 for place in places.values())
    return single and len({*own, *axes}) == len(own) + len(axes)


def extent_of(low: Bound, high: Bound) -> Size:
    """How many places lie from the least to the greatest one."""
    number, sizes = _sum((high[0] + 1, high[1]), low, -1)
    if not sizes:
        return number
    text = " + ".join(name if f == 1 else f"{f} * {name}" for name, f in sizes.items())
    return text if not number else f"{text} {'-' if number < 0 else '+'} {abs(number)}"


def size_bound(size: Size) -> Bound:
    """A size as a number and multiples of free sizes.

    >>> size_bound("2 * T - 1"), size_bound("T"), size_bound(3)
    ((-1, {'T': 2}), (0, {'T': 1}), (3, {}))
    """
    if isinstance(size, int):
        return size, {}
    number, sizes = 0, dict[str, int]()
    for sign, part in re.findall(r"([+-]?)\s*([^+-]+)", size):
        factor, _, name = part.strip().rpartition(" * ")
        times = (-1 if sign == "-" else 1) * int(factor or 1)
        if name.isdigit():
            number += times * int(name)
        else:
            sizes[name] = sizes.get(name, 0) + times
    return number, sizes


def moved(place: Affine, by: Bound) -> Affine:
    """The place plus a number and multiples of sizes."""
    sizes = _merged(dict(place.sizes), by[1], 1)
    return Affine(place.terms, place.offset + by[0], tuple(sorted(sizes.items())))


def constant(at: Bound) -> Affine:
    """A place that does not vary."""
    return moved(Affine(()), at)


def negated(at: Bound) -> Bound:
    """Minus a bound."""
    return _sum((0, {}), at, -1)
