"""A formula of numbers (a schedule) as a Python expression over ``math``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from symbp.errors import DerivationError, Problem
from symbp.notation.expr import Add, Call, Compare, Expr, Mul, Num, Pow, Sym

FUNCTIONS = {
    "exp": "math.exp", "expm1": "math.expm1", "log": "math.log", "log1p": "math.log1p", "sqrt": "math.sqrt",
    "tanh": "math.tanh", "sinh": "math.sinh", "cosh": "math.cosh", "sin": "math.sin", "cos": "math.cos",
    "tan": "math.tan", "atan": "math.atan", "erf": "math.erf", "floor": "math.floor",
    "abs": "abs", "max": "max", "min": "min",
}  # fmt: skip
SHORT = len("0.125")  # 1/128 is not written as 0.0078125
MEAN = 4096
LARGE = 10**16  # from here on, a whole number is written as 1e+16
CHOICE, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(7)  # how tightly a text holds together


def python_scalar(expr: Expr, names: Mapping[str, str]) -> str:
    """The Python text of `expr`; `names` gives the text of each `Sym` (a name, or a number).

    >>> from symbp.notation.expr import Add, Mul, number
    >>> python_scalar(Mul((Sym("lr"), Add((number(1), Sym("k"))))), {"lr": "lr", "k": "k"})
    'lr * (1 + k)'
    """
    return _Printer(names).at(expr, CHOICE)


class _Printer:
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def at(self, expr: Expr, least: int) -> str:
        """The text, in parentheses if it holds less tightly than `least`."""
        text, level = self.text(expr)
        return f"({text})" if level < least else text

    def text(self, expr: Expr) -> tuple[str, int]:
        match expr:
            case Num(value=value):
                return _number(value)
            case Sym(name=name):
                text = "math.pi" if name == "pi" else self.names[name]
                return text, SIGN if text.startswith("-") else ATOM
            case Add(args=args):
                return self.sum(args), SUM
            case Mul(args=args):
                return self.product(args)
            case Pow(base=base, exponent=Num(value=value)) if value < 0:
                return f"1 / {self.at(_power(base, -value), SIGN)}", PRODUCT
            case Pow(base=base, exponent=Num(value=value)) if value == Fraction(1, 2):
                return f"math.sqrt({self.at(base, CHOICE)})", ATOM
            case Pow(base=base, exponent=exponent):
                return f"{self.at(base, ATOM)}**{self.at(exponent, POWER)}", POWER
            case Compare(op=op, left=left, right=right):
                return f"{self.at(left, SUM)} {op} {self.at(right, SUM)}", COMPARISON
            case Call(function="where", args=(condition, yes, no)):
                return f"{self.at(yes, SUM)} if {self.at(condition, COMPARISON)} else {self.at(no, CHOICE)}", CHOICE
            case Call(function="floor", args=(Mul(args=(a, inverse)),)) if (b := _denominator(inverse)) is not None:
                return f"{self.at(a, SIGN)} // {self.at(b, SIGN)}", PRODUCT
            case Call(function="sigmoid", args=(a,)):
                return f"1 / (1 + math.exp({self.at(Mul((Num(Fraction(-1)), a)), CHOICE)}))", PRODUCT
            case Call(function="sign", args=(a,)):
                return f"math.copysign(1, {self.at(a, CHOICE)})", ATOM
            case Call(function=function, args=args) if function in FUNCTIONS:
                return f"{FUNCTIONS[function]}({', '.join(self.at(a, CHOICE) for a in args)})", ATOM
        raise DerivationError(Problem("E301", f"a formula of numbers cannot hold {type(expr).__name__}"))

    def sum(self, args: tuple[Expr, ...]) -> str:
        parts = [self.at(args[0], SUM)]
        for a in args[1:]:
            negated = _negated(a)
            parts.append(f" + {self.at(a, PRODUCT)}" if negated is None else f" - {self.at(negated, PRODUCT)}")
        return "".join(parts)

    def product(self, args: tuple[Expr, ...]) -> tuple[str, int]:
        """Factors with a negative power stand below the fraction bar; a leading -1 is a sign."""
        if args[0] == Num(Fraction(-1)) and len(args) > 1:
            rest = args[1] if len(args) == 2 else Mul(args[1:])
            return f"-{self.at(rest, PRODUCT)}", SUM
        above = [a for a in args if _denominator(a) is None]
        below = [d for a in args if (d := _denominator(a)) is not None]
        text = " * ".join(self.at(a, SIGN if at else PRODUCT) for at, a in enumerate(above)) or "1"
        return text + "".join(f" / {self.at(d, SIGN)}" for d in below), PRODUCT


def _number(value: Fraction) -> tuple[str, int]:
    mean = abs(value.numerator) == 1 and value.denominator <= MEAN  # of so many numbers
    if value.denominator == 1 and abs(value) < LARGE:
        text = str(value.numerator)
    elif mean and len(repr(float(value))) > SHORT:
        return f"{value.numerator} / {value.denominator}", PRODUCT
    elif value.denominator == 1 or Fraction(repr(float(value))) == value or value.denominator > 1000:
        text = repr(float(value))
    else:
        return f"{value.numerator} / {value.denominator}", PRODUCT
    return text, SIGN if value < 0 else ATOM


def _power(base: Expr, value: Fraction) -> Expr:
    return base if value == 1 else Pow(base, Num(value))


def _denominator(a: Expr) -> Expr | None:
    """b where `a` is ``b**-q`` for a number q > 0."""
    match a:
        case Pow(base=base, exponent=Num(value=value)) if value < 0:
            return _power(base, -value)
    return None


def _negated(a: Expr) -> Expr | None:
    """b where `a` is written as -b."""
    match a:
        case Num(value=value) if value < 0:
            return Num(-value)
        case Mul(args=(Num(value=value), *rest)) if value < 0 and rest:
            factors = tuple(rest) if value == -1 else (Num(-value), *rest)
            return factors[0] if len(factors) == 1 else Mul(factors)
    return None
