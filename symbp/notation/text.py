"""Expression -> the text of the formula language, with as few brackets as reading it back allows.

For every expression that the parser can produce, parsing the text gives the expression again.  It never produces
``1/(b**2)`` as an inverse of a power nor ``-1*2``, which are printed as ``1/b**2`` and ``-2``.  The nodes that only a
derivation contains (`Divides`, `InRange`, `Quotient`, `FirstMax`) are printed readably and cannot be read back.
"""

from __future__ import annotations

from fractions import Fraction

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

ONE = Fraction(1)
HALF = Fraction(1, 2)
INFIX = {"floordiv": "//", "mod": " % "}
DIGITS = 15  # of a decimal; a number with more is printed as a fraction


def equation_text(equation: Equation) -> str:
    """``y[n,j] = ...``"""
    return f"{text(equation.lhs)} = {text(equation.rhs)}"


def text(node: Expr) -> str:
    """The expression as text.

    >>> from symbp.notation.parser import parse
    >>> text(parse("(a*-1 + (b))/(2*c**2)"))
    '(a*(-1) + b)/(2*c**2)'
    """
    match node:
        case Num():
            return number_text(node.value)
        case Sym() | Index():
            return node.name
        case Ref():
            return f"{node.name}[{_places(node.at)}]" if node.at else node.name
        case Add():
            return "".join((_first_term(node.args[0]), *(_next_term(a) for a in node.args[1:])))
        case Mul():
            return _product(node.args)
        case Pow():
            return _product((node,)) if _is_divisor(node) else _power(node)
        case Call():
            return _call(node)
        case Reduce():
            return f"{node.op}[{_places(node.bound)}]({text(node.body)})"
        case Compare():
            return f"[{_comparison(node)}]"
    return _derived(node)


def number_text(value: Fraction) -> str:
    """An integer, a small fraction such as 2/3, or a decimal where it is exact.

    >>> [number_text(Fraction(v)) for v in ("1/2", "0.044715", "1e-8", "-3", "1/3")]
    ['1/2', '0.044715', '1e-8', '-3', '1/3']
    """
    if value.denominator < 10:
        return str(value)
    shift = next((k for k in range(1, 400) if (value * 10**k).denominator == 1), 0)
    digits = str(abs(value.numerator * 10**shift // value.denominator)) if shift else ""
    if not shift or len(digits) > DIGITS + 2:
        return str(value)
    sign = "-" if value < 0 else ""
    if shift > len(digits) + 3:
        mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
        return f"{sign}{mantissa}e-{shift - len(digits) + 1}"
    padded = digits.rjust(shift + 1, "0")
    return f"{sign}{padded[:-shift]}.{padded[-shift:]}"


def _places(at: tuple[Expr, ...]) -> str:
    return ",".join(text(a).replace(" ", "") for a in at)


def _bracketed(node: Expr) -> str:
    return f"({text(node)})"


# --- sums ---


def _first_term(node: Expr) -> str:
    return _bracketed(node) if isinstance(node, Add) else text(node)


def _next_term(node: Expr) -> str:
    if isinstance(node, Num) and node.value < 0:
        return f" - {number_text(-node.value)}"
    if isinstance(node, Mul):
        first, *rest = _signed(node.args)
        if isinstance(first, Num) and first.value < 0:
            return _subtracted(first.value, tuple(rest)) if rest else _next_term(first)
    return f" + {_first_term(node)}"


def _subtracted(value: Fraction, rest: tuple[Expr, ...]) -> str:
    return f" - {_product(rest if value == -1 else (Num(-value), *rest))}"


# --- products and powers ---


def _product(factors: tuple[Expr, ...]) -> str:
    """Factors with ``*`` and ``/``; a leading -1 is a minus sign where it is read back as one."""
    factors = _signed(factors)
    first = factors[0]
    if first == Num(Fraction(-1)) and len(factors) > 1 and not _folds(factors[1]):
        return f"-{_product(factors[1:])}"
    parts: list[str] = []
    for place, factor in enumerate(factors):
        before = factors[:place]
        only_number = all(isinstance(b, Num) for b in before) and len(before) <= 1
        if not isinstance(factor, Pow) or not _is_divisor(factor):
            parts.append(f"*{_factor(factor, place == 0)}")
        elif (only_number and _folds(factor)) or before == (Num(ONE),):
            parts.append(f"*{_power(factor)}")
        else:
            parts.append(f"{'' if parts else '*1'}/{_divisor(factor)}")
    return "".join(parts)[1:]


def _signed(factors: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """-1 and a number in front made one number."""
    while len(factors) > 1 and factors[0] == Num(Fraction(-1)) and isinstance(factors[1], Num):
        factors = (Num(-factors[1].value), *factors[2:])
    return factors


def _factor(node: Expr, first: bool) -> str:
    if isinstance(node, Num):
        plain = first or (node.value >= 0 and "/" not in number_text(node.value))
        return number_text(node.value) if plain else _bracketed(node)
    return _bracketed(node) if isinstance(node, Add | Mul) or _is_infix(node) else text(node)


def _is_infix(node: Expr) -> bool:
    """Whether a function is written between its arguments: a//b, a % b."""
    return isinstance(node, Call) and node.function in INFIX


def _is_divisor(node: Pow) -> bool:
    return isinstance(node.exponent, Num) and node.exponent.value < 0


def _folds(node: Expr) -> bool:
    """Whether the parser would make one number of a number divided by this."""
    return isinstance(node, Pow) and isinstance(node.base, Num) and node.exponent == Num(Fraction(-1))


def _divisor(node: Pow) -> str:
    """What stands behind ``/`` for a power with a negative exponent."""
    assert isinstance(node.exponent, Num)
    exponent = -node.exponent.value
    if exponent != 1:
        return _power(Pow(node.base, Num(exponent)))
    base = node.base
    if isinstance(base, Pow) and isinstance(base.exponent, Num) and base.exponent.value > 0:
        return _power(base)
    return _bracketed(base) if isinstance(base, Pow) else _base(base)


def _power(node: Pow) -> str:
    if node.exponent == Num(HALF):
        return f"sqrt({text(node.base)})"
    shown = text(node.exponent)
    plain = isinstance(node.exponent, Sym | Ref) or shown.isdecimal()
    return f"{_base(node.base)}**{shown if plain else f'({shown})'}"


def _base(node: Expr) -> str:
    if isinstance(node, Num):
        shown = number_text(node.value)
        return shown if node.value >= 0 and "/" not in shown else f"({shown})"
    is_root = isinstance(node, Pow) and node.exponent == Num(HALF)
    plain = not isinstance(node, Add | Mul | Pow) and not _is_infix(node)
    return text(node) if plain or is_root else _bracketed(node)


# --- the rest ---


def _call(node: Call) -> str:
    if _is_infix(node):
        return INFIX[node.function].join(_base(a) for a in node.args)
    shown = [text(a) for a in node.args]
    if node.function == "where" and isinstance(node.args[0], Compare):
        shown[0] = _comparison(node.args[0])
    return f"{node.function}({', '.join(shown)})"


def _comparison(node: Compare) -> str:
    return f"{text(node.left)} {node.op} {text(node.right)}"


def _derived(node: Expr) -> str:
    """The nodes that a derivation adds."""
    match node:
        case Divides():
            return f"[{text(node.divisor)} divides {text(node.value)}]"
        case InRange():
            return f"[0 <= {text(node.value)} < {text(node.size)}]"
        case Quotient():
            return f"({text(node.value)})/{_base(node.divisor)}"
        case FirstMax():
            return f"[({_places(node.at)}) is the first maximum over {_places(node.bound)} of {text(node.body)}]"
    raise TypeError(f"no text for {type(node).__name__}")
