"""Lines, brackets, docstrings and formulas of numbers as text."""

from __future__ import annotations

import ast
import math
from fractions import Fraction

import pytest

from symbp.emit.layout import bracketed, docstring, filled, indented, signature, tuple_text, wrapped
from symbp.emit.model import Line
from symbp.emit.scalar import python_scalar
from symbp.notation.expr import Add, Call, Compare, Expr, Mul, Num, Pow, Sym, negative, number, quotient


def test_comments_stand_in_one_column() -> None:
    lines = (
        Line("a = b", "1.1"),
        Line("for i in x:"),
        Line("c = d + e", "1.2 3.4", 1),
        Line("f" * 80, "2.1"),
        Line("# why", "2.1"),
    )
    assert indented(lines).split("\n") == [
        "    a = b          # (1.1)",
        "    for i in x:",
        "        c = d + e  # (1.2) (3.4)",
        "    " + "f" * 80 + "  # (2.1)",
        "    # why",
    ]


def test_brackets_break_where_they_must() -> None:
    assert bracketed("f(", ["a", "b"], ")") == "f(a, b)"
    assert bracketed("f(", ["a", "b"], ")", room=5) == "f(\n    a,\n    b,\n)"
    assert bracketed("f(", ["a"], ")", room=2, levels=1) == "f(\n        a,\n    )"
    assert tuple_text([]) == "()"
    assert tuple_text(["1"]) == "(1,)"
    assert signature("f", [f"argument_{k}: Array" for k in range(9)], "Array").count("\n") == 10


def test_docstrings_are_filled() -> None:
    assert docstring("Short.") == '    """Short."""'
    long = docstring("word " * 40)
    assert max(map(len, long.split("\n"))) <= 100
    assert ast.parse("def f():\n" + long).body
    assert docstring("One.\nTwo.", 2) == '        """One.\n        Two.\n        """'
    assert filled("word " * 30, 1).split("\n")[1].startswith("    word")


@pytest.mark.parametrize("length", [99, 100, 101])
def test_a_docstring_never_passes_the_margin(length: int) -> None:
    text = docstring("a" * 50 + " " + "b" * (length - 50 - 11))
    assert max(map(len, text.split("\n"))) <= 100


K, LR, PI = Sym("k", "variable"), Sym("lr", "variable"), Sym("pi")
HALF, ONE = Num(Fraction(1, 2)), number(1)
FORMULAS: list[tuple[Expr, str]] = [
    (number("1/3"), "1 / 3"),
    (number("0.1"), "0.1"),
    (Mul((LR, number("1/3"))), "lr * (1 / 3)"),
    (Mul((number("1/3"), LR)), "1 / 3 * lr"),
    (Mul((LR, Add((ONE, negative(K))))), "lr * (1 - k)"),
    (Add((LR, negative(Add((K, ONE))))), "lr - (k + 1)"),
    (Add((LR, Num(Fraction(-2)))), "lr - 2"),
    (quotient(LR, Mul((K, number(2)))), "lr / (k * 2)"),
    (quotient(quotient(LR, K), number(2)), "lr / k / 2"),
    (quotient(LR, quotient(K, number(2))), "lr / (k / 2)"),
    (Pow(Add((K, ONE)), number(2)), "(k + 1)**2"),
    (Pow(negative(K), number(2)), "(-k)**2"),
    (negative(Pow(K, number(2))), "-k**2"),
    (Pow(Pow(K, number(2)), number(3)), "(k**2)**3"),
    (Pow(K, Pow(LR, number(2))), "k**lr**2"),
    (Pow(K, HALF), "math.sqrt(k)"),
    (Pow(K, Num(Fraction(-1, 2))), "1 / math.sqrt(k)"),
    (Mul((LR, Call("cos", (Mul((PI, K)),)))), "lr * math.cos(math.pi * k)"),
    (Call("where", (Compare("<", K, ONE), LR, ONE)), "lr if k < 1 else 1"),
    (Mul((LR, Call("where", (Compare("<", K, ONE), LR, ONE)))), "lr * (lr if k < 1 else 1)"),
    (Mul((LR, Compare("<", K, ONE))), "lr * (k < 1)"),
    (Call("min", (K, Call("floor", (quotient(K, number(3)),)))), "min(k, k // 3)"),
    (Add((ONE, negative(Mul((K, LR))))), "1 - k * lr"),
    (Mul((negative(K), LR)), "(-k) * lr"),
]


@pytest.mark.parametrize(("expr", "text"), FORMULAS, ids=[text for _, text in FORMULAS])
def test_formulas_of_numbers(expr: Expr, text: str) -> None:
    assert python_scalar(expr, {"k": "k", "lr": "lr"}) == text
    value = eval(text, {"math": math, "k": 3, "lr": 0.25})  # our own text, above
    assert value == pytest.approx(_value(expr), rel=1e-15)


def _value(e: Expr) -> float:
    match e:
        case Num(value=value):
            return float(value)
        case Sym(name=name):
            return {"k": 3.0, "lr": 0.25, "pi": math.pi}[name]
        case Add(args=args):
            return sum(map(_value, args))
        case Mul(args=args):
            return math.prod(map(_value, args))
        case Pow(base=base, exponent=exponent):
            return float(_value(base) ** _value(exponent))
        case Compare(left=left, right=right):
            return float(_value(left) < _value(right))
        case Call(function="where", args=(c, a, b)):
            return _value(a) if _value(c) else _value(b)
        case Call(function=function, args=args):
            known = {"cos": math.cos, "min": min, "floor": math.floor}
            return float(known[function](*map(_value, args)))
    raise TypeError(e)


def test_numbers_of_a_spec_and_long_formulas() -> None:
    assert python_scalar(Mul((LR, Sym("gamma"))), {"lr": "lr", "gamma": "-0.5"}) == "lr * -0.5"
    assert python_scalar(Pow(Sym("gamma"), K), {"k": "k", "gamma": "-0.5"}) == "(-0.5)**k"
    long = wrapped(" + ".join(["k * lr"] * 20))
    assert max(map(len, long.split("\n"))) <= 100
    assert ast.parse(f"def f():\n    return {long}").body
    assert wrapped("lr") == "lr"
