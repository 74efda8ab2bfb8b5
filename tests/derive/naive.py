"""Equations read one element at a time, in complex vectors: the oracle of these tests.

An element is a number, or a vector with one entry per perturbed coordinate.  All perturbations are imaginary and too
small to matter beside a real part, so that one pass over the forward equations gives the derivative with respect to
every coordinate (complex step), and every comparison is decided by the real part.  No derivative stands here.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from scipy import special

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

STEP = 1e-60  # (the square of it vanishes beside 1; 1e-200 would make products of two perturbations denormal)
GUARDS = (Compare, Divides, InRange, FirstMax)


class OutsideError(Exception):
    """A read left its axis inside a max or min."""


def real(value: Any) -> float:
    """The real part, which is the same for all perturbations."""
    return float(np.real(value).flat[0]) if isinstance(value, np.ndarray) else float(np.real(value))


def by_sign(value: Any, negative: Callable[[Any], Any], other: Callable[[Any], Any]) -> Any:
    return negative(value) if real(value) < 0 else other(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "atan": np.arctan,
    "erf": special.erf,
    "sqrt": np.sqrt,
    "sigmoid": lambda a: by_sign(a, lambda z: np.exp(z) / (1 + np.exp(z)), lambda z: 1 / (1 + np.exp(-z))),
    "softplus": lambda a: by_sign(a, lambda z: np.log1p(np.exp(z)), lambda z: z + np.log1p(np.exp(-z))),
    "abs": lambda a: by_sign(a, lambda z: -z, lambda z: z),
    "sign": lambda a: float(np.sign(real(a))),
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "stop_gradient": real,
    "max": lambda a, b: b if real(b) > real(a) else a,
    "min": lambda a, b: b if real(b) < real(a) else a,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


class Naive:
    """Lazy values of `equations` over arrays `data`, with `sizes` and `constants` by the names of their symbols."""

    def __init__(
        self,
        equations: Iterable[Equation],
        data: Mapping[str, Any],
        sizes: Mapping[str, int],
        constants: Mapping[str, float],
    ) -> None:
        self.equations = {e.name: e for e in equations}
        self.data, self.sizes, self.constants = data, sizes, constants
        self.kept: dict[tuple[str, tuple[int, ...]], Any] = {}

    def shape(self, name: str) -> tuple[int, ...]:
        if name in self.data:
            return tuple(self.data[name].shape)
        return tuple(self.size(i.size) for i in self.equations[name].indices)

    def size(self, size: Expr) -> int:
        return int(size.value) if isinstance(size, Num) else self.sizes[size.name]  # type: ignore[attr-defined]

    def array(self, name: str) -> Any:
        """All elements of a value, as an array (with a last axis of perturbations if there are any)."""
        shape = self.shape(name)
        values = [self.read(name, at) for at in np.ndindex(*shape)]
        wide = max((np.size(v) for v in values), default=1)
        rows = [np.broadcast_to(v, (wide,)) for v in values]
        return np.array(rows).reshape((*shape, wide) if wide > 1 else shape)

    def read(self, name: str, at: tuple[int, ...], strict: bool = False) -> Any:
        if not all(0 <= k < n for k, n in zip(at, self.shape(name), strict=False)):
            if strict:
                raise OutsideError
            return 0.0
        if name in self.data:
            return self.data[name][at]
        if (name, at) not in self.kept:
            e = self.equations[name]
            self.kept[name, at] = self.value(e.rhs, dict(zip(e.indices, at, strict=True)))
        return self.kept[name, at]

    def value(self, e: Expr, env: Mapping[Index, int], strict: bool = False) -> Any:
        def go(z: Expr) -> Any:
            return self.value(z, env, strict)

        match e:
            case Index():
                return env[e]
            case Num():
                return int(e.value) if e.value.denominator == 1 else float(e.value)
            case Sym():
                return self.symbol(e)
            case Ref():
                return self.read(e.name, tuple(int(real(self.value(a, env))) for a in e.at), strict)
            case Add():
                return sum(go(a) for a in e.args)
            case Mul():
                return self.product(e, go)
            case Pow():
                return power(go(e.base), go(e.exponent))
            case Call(function="where", args=(condition, yes, no)):
                return go(yes) if real(go(condition)) else go(no)
            case Call():
                return FUNCTIONS[e.function](*(go(a) for a in e.args))
            case Reduce():
                return self.reduce(e, env)
        return self.predicate(e, env, go)

    def symbol(self, e: Sym) -> float:
        if e.kind == "size":
            return self.sizes[e.name]
        return float(np.pi) if e.name == "pi" else self.constants[e.name]

    def product(self, e: Mul, go: Callable[[Expr], Any]) -> Any:
        total: Any = 1
        for factor in sorted(e.args, key=lambda a: not isinstance(a, GUARDS)):
            total = total * go(factor)
            if isinstance(factor, GUARDS) and real(total) == 0:
                return 0.0  # a guard that is 0 shields the value that it guards
        return total

    def places(self, bound: tuple[Index, ...], env: Mapping[Index, int]) -> Iterable[dict[Index, int]]:
        for at in itertools.product(*(range(self.size(i.size)) for i in bound)):
            yield {**env, **dict(zip(bound, at, strict=True))}

    def reduce(self, e: Reduce, env: Mapping[Index, int]) -> Any:
        if e.op in ("max", "min"):
            return self.extreme(e.body, e.bound, env, 1 if e.op == "max" else -1)[0]
        values = [self.value(e.body, inner) for inner in self.places(e.bound, env)]
        return sum(values) / (len(values) if e.op == "mean" else 1)

    def extreme(self, body: Expr, bound: tuple[Index, ...], env: Mapping[Index, int], sign: int) -> Any:
        best: Any = None
        for inner in self.places(bound, env):
            try:
                value = self.value(body, inner, strict=True)
            except OutsideError:
                continue
            if best is None or sign * real(value) > sign * real(best[0]):
                best = (value, tuple(inner[i] for i in bound))
        assert best is not None, "a window that lies outside altogether"
        return best

    def predicate(self, e: Expr, env: Mapping[Index, int], go: Callable[[Expr], Any]) -> int:
        match e:
            case Compare():
                return int(COMPARISONS[e.op](real(go(e.left)), real(go(e.right))))
            case Divides():
                return int(go(e.value) % go(e.divisor) == 0)
            case Quotient():
                return int(go(e.value) // go(e.divisor))
            case InRange():
                return int(0 <= go(e.value) < go(e.size))
            case FirstMax():
                return int(self.extreme(e.body, e.bound, env, 1)[1] == tuple(go(a) for a in e.at))
        raise TypeError(type(e).__name__)


def power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, int) and not isinstance(base, int):
        product: Any = 1
        for _ in range(abs(exponent)):
            product = product * base
        return product if exponent >= 0 else 1 / product
    return (base + 0.0) ** exponent


def perturbed(data: Mapping[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], int]:
    """The data with one imaginary step for each coordinate of the named arrays, along a last axis; and their number."""
    names = list(names)
    total = sum(np.size(data[n]) for n in names)
    out = dict(data)
    start = 0
    for name in names:
        array = np.asarray(data[name], dtype=complex)
        size = array.size
        steps = np.zeros((size, total), dtype=complex)
        steps[np.arange(size), start + np.arange(size)] = 1j * STEP
        out[name] = Vectors(array.reshape(*array.shape, 1) + steps.reshape(*array.shape, total))
        start += size
    return out, total


class Vectors:
    """An array whose elements are vectors of perturbations; `np.shape` of it is the shape without them."""

    def __init__(self, values: Any) -> None:
        self.values = values
        self.shape = values.shape[:-1]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.values[..., 0]

    def __getitem__(self, at: tuple[int, ...]) -> Any:
        return self.values[at]


def gradients(
    equations: Iterable[Equation],
    output: str,
    upstream: Any,
    wanted: Iterable[str],
    data: Mapping[str, Any],
    sizes: Mapping[str, int],
    constants: Mapping[str, float],
) -> dict[str, Any]:
    """d sum(upstream * output) / d wanted, by complex step through the forward equations alone."""
    wanted = list(wanted)
    steps, total = perturbed(data, wanted)
    forward = Naive(equations, steps, sizes, constants)
    whole = np.zeros(total, dtype=complex)
    for at in np.ndindex(*forward.shape(output)):
        whole = whole + np.asarray(upstream)[at] * forward.read(output, at)
    slopes = whole.imag / STEP
    out, start = {}, 0
    for name in wanted:
        shape = np.shape(data[name])
        out[name] = slopes[start : start + int(np.prod(shape))].reshape(shape)
        start += int(np.prod(shape))
    return out
