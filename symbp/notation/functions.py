"""The whitelist: every function and every reduction that a formula may use.  No derivatives here: those are derived."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.  `whole`: in a layer, of integers only (indices, sizes), where it has no derivative.

    `latex` is a LaTeX template with one ``{}`` for each argument.  `definition` says what a stable primitive is in
    terms of the others, for an argument ``a``.
    """

    name: str
    arity: int
    doc: str
    latex: str
    whole: bool = False
    definition: str = ""


def _table(*functions: Function) -> dict[str, Function]:
    return {f.name: f for f in functions}


FUNCTIONS: dict[str, Function] = _table(
    Function("exp", 1, "the exponential", r"\exp\left({}\right)"),
    Function("expm1", 1, "exp(a) - 1, exact near a = 0", r"\operatorname{{expm1}}\left({}\right)"),
    Function("log", 1, "the natural logarithm, for a > 0", r"\log\left({}\right)"),
    Function("log1p", 1, "log(1 + a), exact near a = 0", r"\operatorname{{log1p}}\left({}\right)"),
    Function("sqrt", 1, "the square root, for a >= 0", r"\sqrt{{{}}}"),
    Function(
        "sigmoid",
        1,
        "1/(1 + exp(-a)), for any a without overflow",
        r"\sigma\left({}\right)",
        definition="1/(1 + exp(-a))",
    ),
    Function(
        "softplus",
        1,
        "log(1 + exp(a)), for any a without overflow",
        r"\operatorname{{softplus}}\left({}\right)",
        definition="log(1 + exp(a))",
    ),
    Function("tanh", 1, "the hyperbolic tangent", r"\tanh\left({}\right)"),
    Function("sinh", 1, "the hyperbolic sine", r"\sinh\left({}\right)"),
    Function("cosh", 1, "the hyperbolic cosine", r"\cosh\left({}\right)"),
    Function("sin", 1, "the sine", r"\sin\left({}\right)"),
    Function("cos", 1, "the cosine", r"\cos\left({}\right)"),
    Function("tan", 1, "the tangent", r"\tan\left({}\right)"),
    Function("atan", 1, "the inverse tangent", r"\arctan\left({}\right)"),
    Function(
        "erf",
        1,
        "the error function, 2/sqrt(pi) times the integral of exp(-u**2) from 0 to a",
        r"\operatorname{{erf}}\left({}\right)",
    ),
    Function("abs", 1, "the absolute value; its derivative at 0 is 0", r"\left|{}\right|"),
    Function("sign", 1, "-1, 0 or 1; its derivative is 0", r"\operatorname{{sign}}\left({}\right)"),
    Function(
        "stop_gradient",
        1,
        "the value itself, taken as a constant: its derivative is 0",
        r"\operatorname{{stop}}\left({}\right)",
    ),
    Function("max", 2, "the larger of two; at a tie the first has the gradient", r"\max\left({}, {}\right)"),
    Function("min", 2, "the smaller of two; at a tie the first has the gradient", r"\min\left({}, {}\right)"),
    Function(
        "where",
        3,
        "where(c, a, b): a where the comparison c holds, else b",
        r"\operatorname{{where}}\left({},\, {},\, {}\right)",
    ),
    Function(
        "floor",
        1,
        "the largest integer that is not above a; a//b is floor(a/b)",
        r"\left\lfloor {} \right\rfloor",
        whole=True,
    ),
    Function("floordiv", 2, "the same as a//b", r"\left\lfloor {} / {} \right\rfloor", whole=True),
    Function("mod", 2, "the remainder of a//b; also written a % b", r"{} \bmod {}", whole=True),
)

REDUCTIONS: dict[str, str] = {
    "sum": "the sum over all values of the indices in brackets",
    "mean": "the sum divided by the number of values of the indices",
    "max": "the largest value; a tie goes to the first place in row-major order",
    "min": "the smallest value; a tie goes to the first place in row-major order",
}

# Names that other languages have, and what to write here.
OTHERWISE: dict[str, str] = {
    "relu": "write max(0, a)",
    "ln": "write log(a)",
    "pow": "write a**b",
    "power": "write a**b",
    "maximum": "write max(a, b)",
    "minimum": "write min(a, b)",
    "clip": "write max(low, min(a, high))",
    "arctan": "write atan(a)",
    "fabs": "write abs(a)",
    "square": "write a**2",
    "rsqrt": "write 1/sqrt(a)",
    "heaviside": "write [a > 0]",
    "logistic": "write sigmoid(a)",
    "einsum": "write the sum: sum[i](x[n,i]*W[i,j])",
    "dot": "write the sum: sum[i](x[n,i]*W[i,j])",
    "matmul": "write the sum: sum[i](x[n,i]*W[i,j])",
    "softmax": "write exp(y[n,j]) / sum[k](exp(y[n,k]))",
    "average": "write mean[i](...)",
    "prod": "a product over an axis is not available; use exp(sum[i](log(...))) for positive values",
}

RESERVED: frozenset[str] = frozenset((*FUNCTIONS, *REDUCTIONS, "pi"))
