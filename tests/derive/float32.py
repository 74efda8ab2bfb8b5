"""Equations over whole arrays in one precision, every operation carried out: as emitted code would do it.

Both branches of a `where` are computed, a product with 0 is a product: what overflows on the way shows as nan.  Reads
stay inside their axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import numpy as np
from scipy import special

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
    bound_by,
    walk,
)

ORDER = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}
COMPARE = {**ORDER, "==": np.equal, "!=": np.not_equal}


def _sigmoid(a: Any) -> Any:
    e = np.exp(-np.abs(a))
    return np.where(a < 0, e / (1 + e), 1 / (1 + e))


FUNCTIONS = {
    **{name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "sqrt", "abs", "sign")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "atan": np.arctan,
    "erf": special.erf,
    "max": np.maximum,
    "min": np.minimum,
    "sigmoid": _sigmoid,
    "softplus": lambda a: np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a))),
}


class Eager:
    """Values by name.  Inside, every letter has an axis of its own, in the order in which it was met."""

    def __init__(
        self, values: Mapping[str, Any], sizes: Mapping[str, int], constants: Mapping[str, float], dtype: type
    ) -> None:
        kinds = {k: np.asarray(v) for k, v in values.items()}
        self.values = {k: v if v.dtype.kind == "i" else v.astype(dtype) for k, v in kinds.items()}
        self.sizes, self.constants, self.dtype = sizes, constants, dtype
        self.axes: dict[str, int] = {}

    def run(self, equations: Iterable[Equation]) -> None:
        for e in equations:
            nodes = [*walk(e.lhs), *walk(e.rhs)]
            found = [i for n in nodes for i in ((n,) if isinstance(n, Index) else bound_by(n))]
            self.axes = {letter: k for k, letter in enumerate(dict.fromkeys(i.name for i in found))}
            value = np.asarray(self.value(e.rhs))
            value = value.reshape((1,) * (len(self.axes) - value.ndim) + value.shape)
            own = [self.axes[i.name] for i in e.indices]
            rest = [k for k in range(len(self.axes)) if k not in own]
            shape = tuple(self.size(i) for i in e.indices)
            self.values[e.name] = np.broadcast_to(value.transpose(own + rest)[(..., *(0,) * len(rest))], shape)

    def size(self, i: Index) -> int:
        return int(i.size.value) if isinstance(i.size, Num) else self.sizes[i.size.name]

    def value(self, e: Expr) -> Any:
        match e:
            case Num():
                return self.dtype(float(e.value))
            case Sym(kind="size"):
                return self.dtype(self.sizes[e.name])
            case Sym():
                return self.dtype(np.pi if e.name == "pi" else self.constants[e.name])
            case Index():
                shape = [1] * len(self.axes)
                shape[self.axes[e.name]] = -1
                return np.arange(self.size(e)).reshape(shape)
            case Ref():
                return self.values[e.name][tuple(np.asarray(self.value(a)).astype(np.intp) for a in e.at)]
            case Add():
                return reduce(np.add, (self.value(a) for a in e.args))
            case Mul():
                return self.product(e.args)
            case Pow():
                return self.power(self.value(e.base), e.exponent)
            case Reduce():
                return self.reduced(e)
            case Call(function="where", args=(condition, yes, no)):
                return np.where(self.value(condition) != 0, self.value(yes), self.value(no))
            case Call():
                return FUNCTIONS[e.function](*(self.value(a) for a in e.args))
            case Compare():
                return COMPARE[e.op](self.value(e.left), self.value(e.right)).astype(self.dtype)
        raise TypeError(type(e).__name__)

    def reduced(self, e: Reduce) -> Any:
        axes = tuple(self.axes[i.name] for i in e.bound)
        shape = [1] * len(self.axes)
        for i in e.bound:
            shape[self.axes[i.name]] = self.size(i)
        body = np.broadcast_arrays(self.value(e.body), np.empty(shape))[0]
        return getattr(np, e.op)(body, axis=axes, keepdims=True)

    def product(self, args: tuple[Expr, ...]) -> Any:
        """Factors below a fraction bar divide, one after the other."""
        total = self.dtype(1)
        for a in args:
            if isinstance(a, Pow) and isinstance(a.exponent, Num) and a.exponent.value < 0:
                total = total / self.power(self.value(a.base), Num(-a.exponent.value))
            else:
                total = total * self.value(a)
        return total

    def power(self, base: Any, exponent: Expr) -> Any:
        assert isinstance(exponent, Num)
        if exponent.value < 0:
            return self.dtype(1) / self.power(base, Num(-exponent.value))
        return np.power(base, self.dtype(float(exponent.value)))
