"""The value of equations at one place, to any number of digits: loops over indices, one element at a time.

Slow, and meant to be: it is what two forms of the same unit are compared with, so it knows nothing of derivations.
A read outside an axis gives 0 and is left out of a `max` or `min`; `where` looks at the chosen branch only; a factor
that is 0 by a comparison or a predicate shields the rest of its product.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mpmath.ctx_mp import MPContext

from symbp.derive.sample import Sample
from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Divides,
    Equation,
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
)

Value = Any  # an int (indices, predicates) or a number of the context

PREDICATES = (Compare, Divides, InRange, FirstMax)


class UndefinedError(Exception):
    """The equations have no value at this place: a division by 0, the logarithm of 0, or a result that is not real."""


class OutsideError(Exception):
    """A read left its axis inside a `max` or `min`."""


def context(digits: int) -> Any:
    """A context of mpmath of its own with `digits` decimal digits; the global one is left alone."""
    mp = MPContext()
    mp.dps = digits
    return mp


class Evaluator:
    """Values of `equations` over a sample, in numbers of the context `mp`.

    Elements are computed when they are read and kept, so that a recurrence in either direction needs no schedule.
    """

    def __init__(self, equations: Iterable[Equation], sample: Sample, mp: Any) -> None:
        self.equations = {e.name: e for e in equations}
        self.data, self.sizes, self.constants = sample.data, sample.sizes, sample.constants
        self.mp = mp
        self.kept: dict[tuple[str, tuple[int, ...]], Value] = {}
        self.functions = _functions(mp)

    def array(self, name: str) -> dict[tuple[int, ...], Value]:
        """All elements of a value that an equation defines."""
        return {at: self.read(name, at, False) for at in self.places(name)}

    def places(self, name: str) -> Iterable[tuple[int, ...]]:
        """The places of a value that an equation defines, row by row."""
        return itertools.product(*(range(self.size(i.size)) for i in self.equations[name].indices))

    def size(self, size: Expr) -> int:
        if isinstance(size, Num):
            return int(size.value)
        assert isinstance(size, Sym)
        return self.sizes[size.name]

    def read(self, name: str, at: tuple[int, ...], strict: bool) -> Value:
        """One element; `strict` raises `OutsideError` where a plain read gives 0."""
        inside = self._inside(name, at)
        if not inside:
            if strict:
                raise OutsideError
            return 0
        if name in self.data:
            return self.data[name][at]
        if (name, at) not in self.kept:
            equation = self.equations[name]
            self.kept[name, at] = self.value(equation.rhs, dict(zip(equation.indices, at, strict=True)))
        return self.kept[name, at]

    def _inside(self, name: str, at: tuple[int, ...]) -> bool:
        if name in self.data:
            return at in self.data[name]
        return all(0 <= k < self.size(i.size) for i, k in zip(self.equations[name].indices, at, strict=True))

    def value(self, e: Expr, env: Mapping[Index, int], strict: bool = False) -> Value:
        """The number that `e` has where its free indices are as in `env`; raises `UndefinedError`."""
        match e:
            case Index():
                return env[e]
            case Num():
                whole = e.value.denominator == 1
                return e.value.numerator if whole else self.mp.mpf(e.value.numerator) / e.value.denominator
            case Sym():
                return self._symbol(e)
            case Ref():
                return self.read(e.name, tuple(int(self.value(a, env)) for a in e.at), strict)
            case Add():
                return sum((self.value(a, env, strict) for a in e.args), 0)
            case Mul():
                return self._product(e, env, strict)
            case Pow():
                return self._power(self.value(e.base, env, strict), self.value(e.exponent, env, strict))
            case Call():
                return self._call(e, env, strict)
            case Reduce():
                return self._reduce(e, env)
            case _:
                return self._predicate(e, env, strict)

    def _symbol(self, e: Sym) -> Value:
        if e.kind == "size":
            return self.sizes[e.name]
        return self.mp.pi if e.name == "pi" else self.constants[e.name]

    def _product(self, e: Mul, env: Mapping[Index, int], strict: bool) -> Value:
        total: Value = 1
        for factor in sorted(e.args, key=lambda a: not isinstance(a, PREDICATES)):
            total = total * self.value(factor, env, strict)
            if isinstance(factor, PREDICATES) and total == 0:
                return 0
        return total

    def _power(self, base: Value, exponent: Value) -> Value:
        if base == 0 and exponent < 0:
            raise UndefinedError
        return self._real(self.mp.power(base, exponent))

    def _real(self, value: Value) -> Value:
        if isinstance(value, self.mp.mpc) or self.mp.isnan(value) or self.mp.isinf(value):
            raise UndefinedError
        return value

    def _call(self, e: Call, env: Mapping[Index, int], strict: bool) -> Value:
        if e.function == "where":
            condition, yes, no = e.args
            return self.value(yes if self.value(condition, env, strict) else no, env, strict)
        try:
            return self._real(self.functions[e.function](*(self.value(a, env, strict) for a in e.args)))
        except (ValueError, ZeroDivisionError) as error:
            raise UndefinedError from error

    def _places(self, bound: tuple[Index, ...]) -> Iterable[dict[Index, int]]:
        for at in itertools.product(*(range(self.size(i.size)) for i in bound)):
            yield dict(zip(bound, at, strict=True))

    def _reduce(self, e: Reduce, env: Mapping[Index, int]) -> Value:
        if e.op in ("max", "min"):
            return self._extreme(e, env)[0]
        values = [self.value(e.body, {**env, **at}) for at in self._places(e.bound)]
        return sum(values, 0) if e.op == "sum" else self.mp.mpf(sum(values, 0)) / len(values)

    def _extreme(self, e: Reduce | FirstMax, env: Mapping[Index, int]) -> tuple[Value, tuple[int, ...]]:
        """The extreme value and its first place; reads outside an axis are left out."""
        best: tuple[Value, tuple[int, ...]] | None = None
        sign = -1 if isinstance(e, Reduce) and e.op == "min" else 1
        for at in self._places(e.bound):
            try:
                value = self.value(e.body, {**env, **at}, strict=True)
            except OutsideError:
                continue
            if best is None or sign * value > sign * best[0]:
                best = (value, tuple(at.values()))
        if best is None:
            raise UndefinedError
        return best

    def _predicate(self, e: Expr, env: Mapping[Index, int], strict: bool) -> int:
        match e:
            case Compare():
                left, right = self.value(e.left, env, strict), self.value(e.right, env, strict)
                return int(COMPARISONS[e.op](left, right))
            case Divides():
                return int(self.value(e.value, env) % self.value(e.divisor, env) == 0)
            case Quotient():
                return int(self.value(e.value, env) // self.value(e.divisor, env))
            case InRange():
                return int(0 <= self.value(e.value, env) < self.value(e.size, env))
            case FirstMax():
                return int(self._extreme(e, env)[1] == tuple(int(self.value(a, env)) for a in e.at))
        raise TypeError(f"no value for {type(e).__name__}")


COMPARISONS: dict[str, Callable[[Value, Value], bool]] = {
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
}


def _functions(mp: Any) -> dict[str, Callable[..., Value]]:
    """The scalar functions of the formula language, by their definitions."""
    return {
        **{name: getattr(mp, name) for name in ("exp", "log", "expm1", "log1p", "sqrt", "erf", "sign", "floor")},
        **{name: getattr(mp, name) for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")},
        "abs": abs,
        "stop_gradient": lambda a: a,
        "floordiv": operator.floordiv,
        "mod": operator.mod,
        "max": max,
        "min": min,
        "sigmoid": lambda a: 1 / (1 + mp.exp(-a)),
        "softplus": lambda a: mp.log(1 + mp.exp(a)),
    }
