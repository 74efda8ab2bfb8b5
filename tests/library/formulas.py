"""The value of a resolved formula, one element at a time, in the number type of its data.

Shares nothing with the package but the expression nodes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import erf

from symbp.notation.expr import Add, Call, Compare, Expr, Index, Mul, Num, Pow, Reduce, Ref, Sym
from symbp.notation.source import Elaborated

COMPARE = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
UNARY = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "abs": np.abs,
    "sign": np.sign,
    "erf": erf,
    "sigmoid": lambda a: np.exp(min(a, 0 * a)) / (1 + np.exp(-np.abs(a))),
    "softplus": lambda a: max(a, 0 * a) + np.log1p(np.exp(-np.abs(a))),
}


class Values:
    """Values of the tensors and constants of one formula; `kind` is the number type of every step."""

    def __init__(self, arrays: Mapping[str, Any], constants: Mapping[str, float], kind: type = np.float64) -> None:
        self.kind: Any = kind
        self.arrays = {name: np.asarray(value) for name, value in arrays.items()}
        self.constants = {"pi": np.pi, **constants}

    def run(self, formula: Elaborated) -> dict[str, np.ndarray]:
        """Every value that the formula defines."""
        sizes = {
            str(i.size.name): self.arrays[t.name].shape[axis]
            for t in formula.tensors
            if t.name in self.arrays
            for axis, i in enumerate(t.indices)
            if isinstance(i.size, Sym)
        }
        self.constants |= sizes
        for equation in formula.equations:
            shape = [sizes[str(i.size.name)] for i in equation.indices if isinstance(i.size, Sym)]
            result = np.empty(shape, self.kind)
            for at in np.ndindex(*shape):
                result[at] = self.value(equation.rhs, dict(zip(equation.indices, at, strict=True)))
            self.arrays[equation.name] = result
        return self.arrays

    def value(self, node: Expr, at: Mapping[Index, int]) -> Any:
        match node:
            case Num():
                return self.kind(float(node.value))
            case Sym():
                return self.kind(self.constants[node.name])
            case Index():
                return at[node]
            case Ref():
                element = self.arrays[node.name][tuple(int(self.value(a, at)) for a in node.at)]
                return element if self.arrays[node.name].dtype.kind == "i" else self.kind(element)
            case Add():
                return sum((self.value(a, at) for a in node.args[1:]), self.value(node.args[0], at))
            case Mul():
                return self.product([self.value(a, at) for a in node.args])
            case Pow():
                return self.value(node.base, at) ** self.value(node.exponent, at)
            case Compare():
                return self.kind(COMPARE[node.op](self.value(node.left, at), self.value(node.right, at)))
            case Call():
                return self.call(node, at)
            case Reduce():
                return self.reduced(node, at)
        raise TypeError(type(node).__name__)

    def product(self, factors: list[Any]) -> Any:
        result = factors[0]
        for factor in factors[1:]:
            result = result * factor
        return result

    def call(self, node: Call, at: Mapping[Index, int]) -> Any:
        if node.function == "where":
            # Both branches, as arrays are computed: a dead one may overflow.
            condition, then, otherwise = (self.value(a, at) for a in node.args)
            return then if condition else otherwise
        arguments = [self.value(a, at) for a in node.args]
        if node.function in ("max", "min"):
            return (max if node.function == "max" else min)(*arguments)
        return self.kind(UNARY[node.function](*arguments))

    def reduced(self, node: Reduce, at: Mapping[Index, int]) -> Any:
        ranges = [range(int(self.constants[str(i.size.name)])) for i in node.bound if isinstance(i.size, Sym)]
        found = [
            self.value(node.body, {**at, **dict(zip(node.bound, place, strict=True))})
            for place in itertools.product(*ranges)
        ]
        if node.op in ("max", "min"):
            return max(found) if node.op == "max" else min(found)
        total = sum(found[1:], found[0])
        return total / self.kind(len(found)) if node.op == "mean" else total
