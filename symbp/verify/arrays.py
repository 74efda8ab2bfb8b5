"""The slow evaluator: the value of a parsed formula, by broadcasting over its named axes, in the longest float.

It shares nothing with the stages that derive, lower and emit: what a formula says is computed here as it stands, one
node after the other.  Only memory is looked after: a long sum is taken in blocks.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce

import numpy as np

from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Equation,
    Expr,
    Index,
    Mul,
    Num,
    Pow,
    Reduce,
    Ref,
    Sym,
    free_indices,
    walk,
)
from symbp.verify.contract import Array

Real = np.longdouble
BUDGET = 1 << 22  # elements of one intermediate array

# The axes in force: each index with the values that it runs through, in the order of the array's dimensions.
Axes = tuple[tuple[Index, Array], ...]

_error_function = np.vectorize(math.erf, otypes=[np.float64])


def _choose(condition: Array, a: Array, b: Array) -> Array:
    return np.asarray(np.where(condition != 0, a, b))


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "softplus": lambda a: np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a))),
    "tanh": np.tanh,
    "stop_gradient": lambda a: a,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "atan": np.arctan,
    "erf": lambda a: _error_function(np.asarray(a, dtype=np.float64)).astype(Real),
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "floordiv": np.floor_divide,
    "mod": np.mod,
    "max": np.maximum,
    "min": np.minimum,
    "where": _choose,
}
# `np.power` of the longest float takes a hundred times as long as these.
POWERS: dict[Fraction, Callable[[Array], Array]] = {
    Fraction(-2): lambda a: Real(1) / (a * a),
    Fraction(-1): lambda a: Real(1) / a,
    Fraction(-1, 2): lambda a: Real(1) / np.sqrt(a),
    Fraction(1, 2): np.sqrt,
    Fraction(2): lambda a: a * a,
    Fraction(3): lambda a: a * a * a,
}
COMPARISONS: dict[str, Callable[..., Array]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
REDUCTIONS: dict[str, np.ufunc] = {"sum": np.add, "mean": np.add, "max": np.maximum, "min": np.minimum}


@dataclass(slots=True)
class Stops:
    """The values of everything that is stopped, in the order of evaluation: remembered, then held at what they were."""

    kept: list[Array] = field(default_factory=list)
    held: bool = False
    place: int = 0

    def hold(self) -> None:
        """From here on every stopped value is the remembered one."""
        self.held = True

    def again(self) -> None:
        """The next evaluation begins."""
        self.place = 0

    def taken(self, value: Array) -> Array:
        if not self.held:
            self.kept.append(value)
            return value
        self.place += 1
        return self.kept[self.place - 1]


@dataclass(frozen=True, slots=True)
class Values:
    """What the names of a formula stand for: arrays, the sizes of axes, and scalars (constants and variables)."""

    arrays: Mapping[str, Array]
    sizes: Mapping[str, int]
    scalars: Mapping[str, float]
    stops: Stops | None = None

    def solve(self, equation: Equation) -> Array:
        """The array of the left side.  Names without indices may stand for whole arrays, which then go elementwise."""
        every = tuple((i, np.arange(self.size(i))) for i in equation.indices)
        if not every:
            return np.asarray(self.at(equation.rhs, ()))
        shape = tuple(len(k) for _, k in every)
        result = np.empty(shape, dtype=Real)
        first, rest = every[0], every[1:]
        step = max(1, BUDGET // max(1, math.prod(shape[1:])))
        for low in range(0, shape[0], step):
            block = ((first[0], first[1][low : low + step]), *rest)
            result[low : low + step] = self.at(equation.rhs, block)
        return result

    def size(self, index: Index) -> int:
        return int(index.size.value) if isinstance(index.size, Num) else self.sizes[index.size.name]

    def at(self, node: Expr, axes: Axes) -> Array:
        """The value of `node`: an array with a dimension for each axis, of length 1 where it does not depend on it."""
        match node:
            case Num():
                return np.asarray(Real(node.value.numerator) / Real(node.value.denominator))
            case Sym():
                return np.asarray(Real(self._scalar(node)))
            case Index():
                return _along(node, axes)
            case Ref():
                return self._read(node, axes)
            case Add():
                return np.asarray(reduce(operator.add, (self.at(a, axes) for a in node.args)), Real)
            case Mul():
                return np.asarray(reduce(operator.mul, (self.at(a, axes) for a in node.args)), Real)
            case Pow(base=base, exponent=Num(value=value)) if value in POWERS:
                return POWERS[value](np.asarray(self.at(base, axes), Real))
            case Pow():
                return np.asarray(np.power(self.at(node.base, axes), self.at(node.exponent, axes)))
            case Call(function="stop_gradient") if self.stops is not None:
                return self.stops.taken(self.at(node.args[0], axes))
            case Call():
                return FUNCTIONS[node.function](*(self.at(a, axes) for a in node.args))
            case Compare():
                return COMPARISONS[node.op](self.at(node.left, axes), self.at(node.right, axes)).astype(Real)
            case Reduce():
                return self._reduce(node, axes)
        raise TypeError(f"a formula does not contain {type(node).__name__}")

    def _scalar(self, symbol: Sym) -> float:
        if symbol.kind == "size":
            return self.sizes[symbol.name]
        return self.scalars[symbol.name] if symbol.name in self.scalars or symbol.name != "pi" else math.pi

    def _read(self, node: Ref, axes: Axes) -> Array:
        """One element for every place: 0 where the read leaves the axis."""
        array = self.arrays[node.name]
        if not node.at:
            return array
        whole = _part(array, node, axes)
        if whole is not None:
            return whole
        places = [self.at(entry, axes).astype(np.intp) for entry in node.at]
        inside = _inside(places, array.shape)
        held = tuple(np.clip(p, 0, n - 1) for p, n in zip(places, array.shape, strict=True))
        return np.where(inside, array[held], 0)

    def _reduce(self, node: Reduce, axes: Axes) -> Array:
        """In blocks of the first bound index, so that no array is much larger than the budget."""
        inner = tuple((i, np.arange(self.size(i))) for i in node.bound)
        depends = free_indices(node.body)
        work = math.prod(len(k) for i, k in (*axes, *inner) if i in depends)
        (index, every), rest = inner[0], inner[1:]
        step = max(1, len(every) * BUDGET // max(work, 1))
        combine, result = REDUCTIONS[node.op], None
        for low in range(0, len(every), step):
            block = self._reduced(node, (*axes, (index, every[low : low + step]), *rest), len(axes))
            result = block if result is None else combine(result, block)
        if result is None:
            raise ValueError(f"a {node.op} over an empty axis")
        return result / math.prod(len(k) for _, k in inner) if node.op == "mean" else result

    def _reduced(self, node: Reduce, axes: Axes, outer: int) -> Array:
        body = self.at(node.body, axes)
        if node.op in ("max", "min"):
            worst = -math.inf if node.op == "max" else math.inf
            body = np.where(self._all_inside(node.body, axes), body, worst)  # reads outside are left out
        body = body.reshape(body.shape if body.ndim else (1,) * len(axes))
        bound = tuple(len(k) for _, k in axes[outer:])
        body = np.broadcast_to(body, body.shape[:outer] + bound)
        return np.asarray(REDUCTIONS[node.op].reduce(body, axis=tuple(range(outer, len(axes)))))

    def _all_inside(self, body: Expr, axes: Axes) -> Array:
        inside = np.asarray(True)
        bare = {i for i, _ in axes}
        for read in walk(body):
            if isinstance(read, Ref) and read.at and free_indices(read) <= bare:
                places = [self.at(entry, axes).astype(np.intp) for entry in read.at]
                inside = inside & _inside(places, self.arrays[read.name].shape)
        return inside


def _part(array: Array, node: Ref, axes: Axes) -> Array | None:
    """The read as a view, where every place is another axis of its own, which runs over places that are there."""
    order = [i for i, _ in axes]
    places = [order.index(entry) for entry in node.at if isinstance(entry, Index) and entry in order]
    if len(set(places)) < len(node.at):
        return None
    spans = [slice(int(axes[k][1][0]), int(axes[k][1][-1]) + 1) if len(axes[k][1]) else slice(0) for k in places]
    if any(span.stop > size for span, size in zip(spans, array.shape, strict=True)):
        return None
    part = np.transpose(array[tuple(spans)], np.argsort(places))
    return part[tuple(slice(None) if k in places else None for k in range(len(axes)))]


def _along(index: Index, axes: Axes) -> Array:
    position = next(k for k, (i, _) in enumerate(axes) if i == index)
    values = axes[position][1]
    return values.reshape((1,) * position + (-1,) + (1,) * (len(axes) - position - 1))


def _inside(places: list[Array], shape: tuple[int, ...]) -> Array:
    inside = np.asarray(True)
    for place, n in zip(places, shape, strict=True):
        inside = inside & (place >= 0) & (place < n)
    return inside
