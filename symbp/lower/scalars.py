"""Numbers that are known before a step runs: folded exactly where they are rational, printed as Python.

A scalar is a notation expression over numbers, free sizes (``n``), ``lr`` and ``k``.  Its normal form is a number times
powers of other things, or a sum of such terms.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from symbp.notation.expr import Add, Call, Expr, Mul, Num, Pow, Sym

ONE = Num(Fraction(1))
ZERO = Num(Fraction(0))
MINUS_ONE = Num(Fraction(-1))

_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp, "log": math.log, "sqrt": math.sqrt, "tanh": math.tanh, "sin": math.sin, "cos": math.cos,
    "tan": math.tan, "sinh": math.sinh, "cosh": math.cosh, "atan": math.atan, "expm1": math.expm1, "log1p": math.log1p,
    "abs": abs, "erf": math.erf,
    "stop_gradient": lambda a: a,
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)) if a > 0 else math.exp(a) / (1 + math.exp(a)),
    "softplus": lambda a: max(a, 0.0) + math.log1p(math.exp(-abs(a))), "sign": lambda a: float((a > 0) - (a < 0)),
}  # fmt: skip


def exact(value: float) -> Num:
    """The number that a float stands for as people write it: 0.1 is 1/10."""
    return Num(Fraction(repr(float(value))))


def monomial(e: Expr) -> tuple[Fraction, tuple[tuple[Expr, Fraction], ...]]:
    """A number and powers of things that are not numbers; their product is `e`."""
    if isinstance(e, Num):
        return e.value, ()
    coefficient, powers = Fraction(1), dict[Expr, Fraction]()
    for factor in e.args if isinstance(e, Mul) else (e,):
        base, exponent = (factor.base, factor.exponent) if isinstance(factor, Pow) else (factor, ONE)
        if isinstance(factor, Num):
            coefficient *= factor.value
        elif isinstance(exponent, Num):
            powers[base] = powers.get(base, Fraction(0)) + exponent.value
        else:
            powers[factor] = powers.get(factor, Fraction(0)) + 1
    return coefficient, tuple((b, p) for b, p in powers.items() if p)


def product(*factors: Expr) -> Expr:
    """The product in normal form."""
    coefficient, powers = Fraction(1), dict[Expr, Fraction]()
    for f in factors:
        c, inside = monomial(f)
        coefficient *= c
        for base, p in inside:
            powers[base] = powers.get(base, Fraction(0)) + p
    if coefficient == 0:
        return ZERO
    parts: list[Expr] = [b if p == 1 else Pow(b, Num(p)) for b, p in powers.items() if p]
    if coefficient != 1 or not parts:
        parts.insert(0, Num(coefficient))
    return parts[0] if len(parts) == 1 else Mul(tuple(parts))


def total(*terms: Expr) -> Expr:
    """The sum in normal form: equal terms collected."""
    sums: dict[Expr, Fraction] = {}
    for term in terms:
        for t in term.args if isinstance(term, Add) else (term,):
            c, inside = monomial(t)
            rest = product(*(Pow(b, Num(p)) for b, p in inside)) if inside else ONE
            sums[rest] = sums.get(rest, Fraction(0)) + c
    parts = [product(Num(c), rest) for rest, c in sums.items() if c]
    if not parts:
        return ZERO
    return parts[0] if len(parts) == 1 else Add(tuple(parts))


def power(base: Expr, exponent: Expr) -> Expr:
    """``base ** exponent`` in normal form; a number where both are numbers."""
    if isinstance(exponent, Num) and exponent.value == 1:
        return base
    if isinstance(base, Num) and isinstance(exponent, Num):
        if exponent.value.denominator == 1:
            return Num(base.value ** int(exponent.value))
        return _root(base.value, exponent.value)
    if isinstance(exponent, Num) and exponent.value.denominator == 1:
        c, inside = monomial(base)
        if not isinstance(base, Add):
            parts = (Pow(b, Num(p * exponent.value)) for b, p in inside)
            return product(Num(c ** int(exponent.value)), *parts)
    return Pow(base, exponent)


def _root(base: Fraction, exponent: Fraction) -> Num:
    if exponent.denominator == 2 and base > 0:
        top, bottom = math.isqrt(base.numerator), math.isqrt(base.denominator)
        if top * top == base.numerator and bottom * bottom == base.denominator:
            return Num(Fraction(top, bottom) ** exponent.numerator)
    return exact(float(base) ** float(exponent))


def call(function: str, args: tuple[Expr, ...]) -> Expr:
    """A function of scalars; a number where all of them are numbers."""
    numbers = [a.value for a in args if isinstance(a, Num)]
    if len(numbers) == len(args):
        if function in ("max", "min"):
            return Num(max(numbers) if function == "max" else min(numbers))
        if function in ("floordiv", "mod") and numbers[1]:
            return Num(Fraction(numbers[0] // numbers[1]) if function == "floordiv" else numbers[0] % numbers[1])
        if function in _FUNCTIONS:
            return exact(_FUNCTIONS[function](float(numbers[0])))
    if function == "sqrt":
        return power(args[0], Num(Fraction(1, 2)))
    return Call(function, args)


def folded(e: Expr) -> Expr:
    """A scalar expression in normal form.  ``pi`` becomes a number."""
    match e:
        case Sym(name="pi"):
            return exact(math.pi)
        case Add():
            return total(*(folded(a) for a in e.args))
        case Mul():
            return product(*(folded(a) for a in e.args))
        case Pow():
            return power(folded(e.base), folded(e.exponent))
        case Call():
            return call(e.function, tuple(folded(a) for a in e.args))
    return e


def is_number(e: Expr, value: int) -> bool:
    """Whether an expression is this number."""
    return isinstance(e, Num) and e.value == value
