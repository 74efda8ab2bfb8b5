"""The functions of a compiled module: those of single numbers first, then its kernels."""

from __future__ import annotations

from symbp.emit.compiled.calling import Kernels
from symbp.emit.model import Function, Line

NUMBERS = {
    "larger": Function(
        "larger", "a: Any, b: Any", "Any", "a where its real part is larger than that of b, or not a number.",
        (Line("return a if a.real > b.real or a.real != a.real else b"),), compiled=True,
    ),
    "smaller": Function(
        "smaller", "a: Any, b: Any", "Any", "a where its real part is smaller than that of b, or not a number.",
        (Line("return a if a.real < b.real or a.real != a.real else b"),), compiled=True,
    ),
    "logistic": Function(
        "logistic", "z: Any, one: Any, limit: Any", "Any", "1/(1 + exp(-z)); the exponent stays below overflow.",
        (Line("return one / (one + np.exp(smaller(-z, limit)))"),), compiled=True,
    ),
}  # fmt: skip
NEEDS = {"logistic": ("smaller",)}


def compiled(kernels: Kernels) -> tuple[Function, ...]:
    """The functions of numbers that kernels call, and the kernels."""
    names = dict.fromkeys(need for name in kernels.helpers for need in (*NEEDS.get(name, ()), name))
    return (*(NUMBERS[name] for name in names), *kernels.functions.values())
