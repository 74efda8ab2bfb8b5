"""Pointwise equations over whole arrays in one precision, every operation carried out: as emitted code would do it.

Both branches of a `where` are computed, a product with 0 is a product: what overflows on the way shows as nan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import numpy as np
from scipy import special

from symbp.notation.expr import Add, Call, Compare, Equation, Expr, Mul, Num, Pow, Ref, Sym

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
    """Values by name over arrays of one dtype."""

    def __init__(self, values: Mapping[str, Any], constants: Mapping[str, float], dtype: type) -> None:
        self.values = {k: np.asarray(v, dtype=dtype) for k, v in values.items()}
        self.constants, self.dtype = constants, dtype

    def run(self, equations: Iterable[Equation]) -> None:
        for e in equations:
            self.values[e.name] = self.value(e.rhs)

    def value(self, e: Expr) -> Any:
        match e:
            case Num():
                return self.dtype(float(e.value))
            case Sym():
                return self.dtype(np.pi if e.name == "pi" else self.constants[e.name])
            case Ref():
                return self.values[e.name]
            case Add():
                return reduce(np.add, (self.value(a) for a in e.args))
            case Mul():
                return self.product(e.args)
            case Pow():
                return self.power(self.value(e.base), e.exponent)
            case Call(function="where", args=(condition, yes, no)):
                return np.where(self.value(condition) != 0, self.value(yes), self.value(no))
            case Call():
                return FUNCTIONS[e.function](*(self.value(a) for a in e.args))
            case Compare():
                return COMPARE[e.op](self.value(e.left), self.value(e.right)).astype(self.dtype)
        raise TypeError(type(e).__name__)

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
