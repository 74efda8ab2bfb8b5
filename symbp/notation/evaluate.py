"""The value of a formula without arrays: schedules, initial scales, sizes of axes.  No text is executed."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from symbp.notation.expr import Add, Call, Compare, Expr, Mul, Num, Pow, Ref, Sym

Number = float | Fraction


def _larger(a: Number, b: Number) -> Number:
    """At a tie the first argument counts, as in the formulas."""
    return a if a >= b else b


def _smaller(a: Number, b: Number) -> Number:
    return a if a <= b else b


_COMPARE: dict[str, Callable[[Number, Number], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "log1p": math.log1p,
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)) if a >= 0 else math.exp(a) / (1 + math.exp(a)),
    "softplus": lambda a: max(a, 0.0) + math.log1p(math.exp(-abs(a))),
    "tanh": math.tanh,
    "stop_gradient": lambda a: a,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "atan": math.atan,
    "erf": math.erf,
    "abs": abs,
    "sign": lambda a: (a > 0) - (a < 0),
    "max": _larger,
    "min": _smaller,
}


def evaluate(node: Expr, values: Mapping[str, float]) -> float:
    """The value of `node`, with the names of `values`; ``pi`` is known.

    Raises KeyError for a name without a value, ValueError or ArithmeticError outside of a function's domain, TypeError
    for a node that needs arrays.
    """
    return float(_exact(node, values))


def integer_value(node: Expr, values: Mapping[str, int]) -> int:
    """The exact value of the size of an axis.  Raises ValueError if it is no integer, and as `evaluate`."""
    value = _exact(node, values)
    if Fraction(value).denominator != 1:
        raise ValueError(f"the value {float(value)} is not an integer")
    return int(value)


def exact_value(node: Expr) -> Fraction:
    """The exact value of an expression of numbers alone.  Raises as `evaluate`."""
    return Fraction(_exact(node, {}))


def constant_value(node: Expr) -> float | None:
    """The value of an expression of numbers alone; infinity if it is too large; None if there is a name in it."""
    try:
        return evaluate(node, {})
    except (KeyError, TypeError, ValueError):
        return None
    except ArithmeticError:
        return math.inf


def _exact(node: Expr, values: Mapping[str, float]) -> Number:
    """A Fraction as long as everything is rational, else a float."""
    match node:
        case Num():
            return node.value
        case Sym():
            value = values[node.name] if node.name in values or node.name != "pi" else math.pi
            return Fraction(value) if isinstance(value, int) else value
        case Ref(name=name, at=()):
            return values[name]
        case Add():
            return _folded(operator.add, (_exact(a, values) for a in node.args), Fraction(0))
        case Mul():
            return _folded(operator.mul, (_exact(a, values) for a in node.args), Fraction(1))
        case Pow():
            return _power(_exact(node.base, values), _exact(node.exponent, values))
        case Compare():
            return Fraction(_COMPARE[node.op](_exact(node.left, values), _exact(node.right, values)))
        case Call():
            return _call(node, values)
    raise TypeError(f"{type(node).__name__} needs arrays")


def _folded(operation: Callable[[Number, Number], Number], values: Iterable[Number], start: Fraction) -> Number:
    total: Number = start
    for value in values:
        total = operation(total, value)
    return total


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        whole = int(exponent)
        if abs(whole) <= 64 and base.numerator.bit_length() <= 64:
            return base**whole
    value = float(base) ** float(exponent)
    if isinstance(value, complex):
        raise ValueError("a root of a negative number")
    return float(value)


def _call(node: Call, values: Mapping[str, float]) -> Number:
    if node.function == "where":
        return _exact(node.args[1] if _exact(node.args[0], values) else node.args[2], values)
    arguments = [_exact(a, values) for a in node.args]
    if node.function == "floor":
        return Fraction(math.floor(arguments[0]))
    if node.function in ("floordiv", "mod"):
        whole = math.floor(arguments[0] / arguments[1])
        return Fraction(whole) if node.function == "floordiv" else arguments[0] - whole * arguments[1]
    if node.function in ("max", "min", "abs", "sign"):
        return _FUNCTIONS[node.function](*arguments)  # exact where the arguments are
    return _FUNCTIONS[node.function](*map(float, arguments))
