"""Sums with deltas: what is added up at one place of the result, told from the places.

An adjoint comes as a gather: ``dx[h] = sum[u](dy[(h + a - u)/s]*K[u]*[s divides h + a - u])`` looks, for every h, for
the p with ``s*p + u - a = h``.  Here the contraction is undone: p becomes a variable again, and the sum is over p and u
of ``dy[p]*K[u]``, added at the place ``s*p + u - a``.  Nothing is computed for what is zero, and p stays on its axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from symbp.lower.affine import Linear, Size, linear
from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Divides,
    Expr,
    FirstMax,
    Index,
    InRange,
    Mul,
    Num,
    Pow,
    Quotient,
    Reduce,
    Ref,
    Sym,
    free_indices,
    number,
    rebuild,
    walk,
)
from symbp.notation.traverse import all_indices, fresh, substitute, transform


@dataclass(frozen=True, slots=True)
class Scattered:
    """``sum[bound](product(factors)*[index == place]*...)``: the places depend on the bound indices, the factors do not
    read the indices of the places."""

    bound: tuple[Index, ...]
    factors: tuple[Expr, ...]
    at: tuple[tuple[Index, Expr], ...]


@dataclass(frozen=True, slots=True)
class Deltas:
    """Finds scattered forms.  `sizes` gives what size symbols stand for, `shapes` the shape of an array."""

    sizes: Mapping[str, Size]
    shapes: Callable[[str], tuple[Size, ...]]

    def scattered(self, total: Reduce) -> Scattered | None:
        """The scattered form of a sum; None where it has none."""
        return self._all(Scattered(total.bound, tuple(factors_of(total.body)), ()))

    def placed(self, product: Mul) -> Scattered | None:
        """The scattered form of a product that is 0 but at some places, which a constant or a division says."""
        made = Scattered((), tuple(factors_of(product)), ())
        for f in made.factors:
            if isinstance(f, Compare) and f.op == "==":
                found = self._part(made, f)
                made = made if found is None else found
        return self._all(made)

    def _part(self, now: Scattered, factor: Compare) -> Scattered | None:
        """``[g == 2]`` for an index g and a constant."""
        for index, place in ((factor.left, factor.right), (factor.right, factor.left)):
            found = linear(place, self.sizes)
            if isinstance(index, Index) and found is not None and not found.indices:
                rest = tuple(self._put(f, index, found) for f in now.factors if f is not factor)
                return Scattered(now.bound, rest, (*now.at, (index, found.expr())))
        return None

    def _all(self, made: Scattered) -> Scattered | None:
        while True:
            after = next((found for f in made.factors if (found := self._step(made, f)) is not None), None)
            if after is None:
                return made if made.at else None
            made = after

    def _step(self, now: Scattered, factor: Expr) -> Scattered | None:
        match factor:
            case Compare(op="=="):
                return self._delta(now, factor)
            case Divides():
                return self._divided(now, factor)
            case InRange():
                return self._ranged(now, factor)
        return None

    def _delta(self, now: Scattered, factor: Compare) -> Scattered | None:
        """``[h == place]`` with an h that is not summed over."""
        rest = tuple(f for f in now.factors if f is not factor)
        left, right = linear(factor.left, self.sizes), linear(factor.right, self.sizes)
        if left is not None and right is not None:
            return self._solved(replace(now, factors=rest), left.plus(right, -1), Linear({}, {}, 0))
        for index, place in ((factor.left, factor.right), (factor.right, factor.left)):
            free = isinstance(index, Index) and index not in now.bound
            if free and isinstance(index, Index) and free_indices(place) & set(now.bound):
                if index in free_indices(place):
                    return None
                factors = tuple(substitute(f, {index: place}) for f in rest)
                return Scattered(now.bound, factors, (*now.at, (index, place)))
        return None

    def _divided(self, now: Scattered, factor: Divides) -> Scattered | None:
        """``[s divides e]`` beside reads at ``e/s``: a new variable for ``e/s``."""
        value, divisor = linear(factor.value, self.sizes), linear(factor.divisor, self.sizes)
        if value is None or divisor is None or divisor.indices or divisor.sizes:
            return None
        step = divisor.constant
        size = self._quotient_size(now.factors, value, step)
        if size is None or self._target(now, value) is None:
            return None
        new = self._new(now, size, ("p", "q", "r"))
        kept = [_exchanged(f, lambda q: self._is_quotient(q, value, step), new) for f in now.factors if f is not factor]
        kept = [f for f in kept if not self._holds(f, new)]
        without = Scattered((*now.bound, new), tuple(kept), now.at)
        return self._solved(without, value, Linear({new: step}, {}, 0))

    def _ranged(self, now: Scattered, factor: InRange) -> Scattered | None:
        """``[0 <= e < size]``: a new variable for e, where the first maximum is asked for at e, or where something is
        divided by what is read at e: beyond the axis that is 0."""
        value, size = linear(factor.value, self.sizes), linear(factor.size, self.sizes)
        if value is None or size is None or size.indices or self._target(now, value) is None:
            return None
        firsts = (n for f in now.factors for n in walk(f) if isinstance(n, FirstMax))
        asked = (pair for n in firsts for pair in zip(n.at, n.bound, strict=True))
        names = tuple(i.name for at, i in asked if linear(at, self.sizes) == value)
        if not names and not any(self._divides(n, value) for f in now.factors for n in walk(f)):
            return None
        new = self._new(now, next(iter(size.sizes), size.constant), names[:1] or ("p", "q", "r"))
        rest = tuple(f for f in now.factors if f is not factor)
        return self._solved(Scattered((*now.bound, new), rest, now.at), value, Linear({new: 1}, {}, 0))

    def _divides(self, e: Expr, value: Linear) -> bool:
        """Whether the expression is one over something that is read at a place."""
        if not (isinstance(e, Pow) and isinstance(e.exponent, Num) and e.exponent.value < 0):
            return False
        reads = (n for n in walk(e.base) if isinstance(n, Ref))
        return any(linear(at, self.sizes) == value for read in reads for at in read.at)

    def _target(self, now: Scattered, value: Linear) -> Index | None:
        """The index that is not summed over, has the factor 1 or -1, and is the only one beside summed ones."""
        outer = [i for i in value.indices if i not in now.bound]
        if len(outer) != 1 or abs(value.indices[outer[0]]) != 1:
            return None
        return outer[0]

    def _solved(self, now: Scattered, value: Linear, equals: Linear) -> Scattered | None:
        """With ``value == equals``: the index that is not summed over has a place, which replaces it everywhere."""
        gap = value.plus(equals, -1)
        target = self._target(now, gap)
        if target is None or len(gap.indices) < 2:
            return None
        sign = gap.indices[target]
        place = Linear({}, {}, 0).plus(gap.without(target), -sign)
        factors = tuple(self._put(f, target, place) for f in now.factors)
        return Scattered(now.bound, factors, (*now.at, (target, place.expr())))

    def _put(self, factor: Expr, target: Index, place: Linear) -> Expr:
        """The factor with the place instead of the index, index expressions tidied."""
        if target not in free_indices(factor):
            return factor
        return transform(substitute(factor, {target: place.expr()}), self._tidied)

    def _tidied(self, e: Expr) -> Expr:
        if isinstance(e, Add | Mul):
            found = linear(e, self.sizes)
            return e if found is None else found.expr()
        return e

    def _is_quotient(self, e: Expr, value: Linear, step: int) -> bool:
        if not isinstance(e, Quotient):
            return False
        return linear(e.value, self.sizes) == value and linear(e.divisor, self.sizes) == Linear({}, {}, step)

    def _quotient_size(self, factors: tuple[Expr, ...], value: Linear, step: int) -> Size | None:
        """How far ``value/step`` may go: where it is beyond, the whole product is 0.  None where nothing says so."""
        sizes: list[Size] = []
        for f in factors:
            match f:
                case InRange() if self._is_quotient(f.value, value, step):
                    limit = linear(f.size, self.sizes)
                    if limit is not None and not limit.indices:
                        sizes.append(next(iter(limit.sizes), limit.constant))
                case Ref():
                    shape = self.shapes(f.name)
                    sizes += [n for at, n in zip(f.at, shape, strict=True) if self._is_quotient(at, value, step)]
        numbers = [n for n in sizes if isinstance(n, int)]
        return min(numbers) if numbers else next(iter(sizes), None)

    def _holds(self, e: Expr, index: Index) -> bool:
        """Whether the expression says that an index is in its range."""
        if not isinstance(e, InRange) or e.value != index:
            return False
        return linear(e.size, self.sizes) == linear(index.size, self.sizes)

    def _new(self, now: Scattered, size: Size, names: tuple[str, ...]) -> Index:
        used = {i.name for f in now.factors for i in all_indices(f)} | {i.name for i in now.bound}
        name = next((name for name in names if name not in used), "") or fresh(names[0], used)
        return Index(name, number(size) if isinstance(size, int) else Sym(size, "size"))


def factors_of(e: Expr) -> list[Expr]:
    """The factors of a product; conditions on places stand beside a ``where`` that is 0 otherwise, not in it."""
    match e:
        case Mul():
            return [f for a in e.args for f in factors_of(a)]
        case Call(function="where", args=(condition, value, Num(value=0))):
            factors = factors_of(value)
            places = [f for f in factors if isinstance(f, Divides | InRange)]
            rest = [f for f in factors if f not in places]
            if places and rest:
                body = rest[0] if len(rest) == 1 else Mul(tuple(rest))
                return [*places, replace(e, args=(condition, body, e.args[2]))]
    return [e]


def _exchanged(e: Expr, wanted: Callable[[Expr], bool], new: Expr) -> Expr:
    """The expression with every part that is `wanted` replaced."""
    if wanted(e):
        return new
    return rebuild(e, tuple(_exchanged(c, wanted, new) for c in e.children)) if e.children else e
