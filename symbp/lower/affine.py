"""Index expressions as sums of multiples of indices, sizes and a number; and whether a place stays on its axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from symbp.lower.nodes import Affine, Axis
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
            size = sizes.get(e.name, e.name)
            return Linear({}, {}, size) if isinstance(size, int) else Linear({}, {size: 1}, 0)
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
    return (size - 1, {}) if isinstance(size, int) else (-1, {size: 1})


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


def stays(place: Affine, size: Size) -> bool:
    """Whether every place lies on an axis of this size."""
    return starts_inside(place) and ends_inside(place, size)
