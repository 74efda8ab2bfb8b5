"""The parser: what each construct of the language becomes, and what is refused with a caret where."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbp.notation.expr import Add, Call, Compare, Expr, Index, Mul, Num, Pow, Reduce, Ref, Span, Sym
from symbp.notation.functions import FUNCTIONS
from symbp.notation.parser import MANY, MAX_DEPTH, parse, statements
from symbp.notation.problems import FormulaErrors


def num(value: object) -> Num:
    return Num(Fraction(value))  # type: ignore[arg-type]


def sym(name: str) -> Sym:
    return Sym(name, "size" if name[0].isupper() else "constant")


def index(name: str) -> Index:
    return Index(name, Sym(name.upper(), "size"))


A, B, C = sym("a"), sym("b"), sym("c")
INVERSE = num(-1)

GOLDEN: dict[str, Expr] = {
    "1.5e-1": num("3/20"),
    ".5": num("1/2"),
    "-2": num(-2),
    "1/2": num("1/2"),
    "a": A,
    "N": Sym("N", "size"),
    "a + b + c": Add((A, B, C)),
    "a - b": Add((A, Mul((num(-1), B)))),
    "a - 2*b": Add((A, Mul((num(-2), B)))),
    "a - (b + c)": Add((A, Mul((num(-1), Add((B, C)))))),
    "+a": A,
    "a*b/c": Mul((A, B, Pow(C, INVERSE))),
    "a/(b*c)": Mul((A, Pow(Mul((B, C)), INVERSE))),
    "1/a": Pow(A, INVERSE),
    "a/b**2": Mul((A, Pow(B, num(-2)))),
    "a/sqrt(b)": Mul((A, Pow(B, num("-1/2")))),
    "a/(b**2)": Mul((A, Pow(B, num(-2)))),
    "a/b**-2": Mul((A, Pow(Pow(B, num(-2)), INVERSE))),
    "a - -b": Add((A, B)),
    "-1*2*a": Mul((num(-2), A)),
    "a//b": Call("floor", (Mul((A, Pow(B, INVERSE))),)),
    "a*b % c": Call("mod", (Mul((A, B)), C)),
    "-a**2": Mul((num(-1), Pow(A, num(2)))),
    "(-a)**2": Pow(Mul((num(-1), A)), num(2)),
    "2**-a": Pow(num(2), Mul((num(-1), A))),
    "a**b**c": Pow(A, Pow(B, C)),
    "sqrt(a)": Pow(A, num("1/2")),
    "exp(a)": Call("exp", (A,)),
    "max(0, a)": Call("max", (num(0), A)),
    "where(a > 0, b, c)": Call("where", (Compare(">", A, num(0)), B, C)),
    "[a <= b]*c": Mul((Compare("<=", A, B), C)),
    "x[n,i]": Ref("x", (index("n"), index("i"))),
    "h[n,t-1,k]": Ref("h", (index("n"), Add((index("t"), num(-1))), index("k"))),
    "E[ids[n,t],d]": Ref("E", (Ref("ids", (index("n"), index("t"))), index("d"))),
    "sum[i,j](x[i])*a": Mul((Reduce("sum", (index("i"), index("j")), Ref("x", (index("i"),))), A)),
    "max[u](x[u])": Reduce("max", (index("u"),), Ref("x", (index("u"),))),
    "(\n a\n + b\n)": Add((A, B)),
    "a  # a comment": A,
}


@pytest.mark.parametrize("text", GOLDEN)
def test_golden(text: str) -> None:
    assert parse(text) == GOLDEN[text]


def test_a_subtraction_takes_the_whole_product() -> None:
    value = parse("a - b*c/2")
    assert value == Add((A, Mul((num(-1), B, C, Pow(num(2), INVERSE)))))


def test_spans_are_places_in_the_text() -> None:
    text = "sum[i](x[n,i]*W[i,j]) + b[j]"
    value = parse(text)
    assert isinstance(value, Add)
    shown = [text[a.span.start : a.span.end] for a in value.args if a.span]
    assert shown == ["sum[i](x[n,i]*W[i,j])", "b[j]"]
    total = value.args[0]
    assert isinstance(total, Reduce)
    assert total.body.span == Span(7, 20)
    assert total.bound[0].span == Span(4, 5)


def test_statements_by_line_and_by_semicolon() -> None:
    found = statements("s = exp(a); y = s\n\n# nothing\nz = (s +\n     y)\n")
    assert [line.left and getattr(line.left, "name", "") for line in found] == ["s", "y", "z"]


def test_carriage_returns_are_white_space() -> None:
    assert [s.left for s in statements("y = a\r\nz = b\r\n")] == [sym("y"), sym("z")]


ERRORS: dict[str, tuple[str, str]] = {
    "": ("F105", ""),
    "  # only a comment": ("F105", "  # only a comment"),
    "a $ b": ("F101", "$"),
    "a ^ b": ("F101", "^"),
    "a − b": ("F101", "−"),
    "2a": ("F102", "2a"),
    "1.2.3": ("F102", "1.2.3"),
    "1" * 41: ("F102", "1" * 41),
    "1e999": ("F102", "1e999"),
    "1e-400": ("F102", "1e-400"),
    "q" * 41: ("F102", "q" * 41),
    "(a": ("F103", "("),
    "a)": ("F103", ")"),
    "(a]": ("F103", "]"),
    "x[i": ("F103", "["),
    "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1): ("F104", "("),
    "-" * (MAX_DEPTH + 1) + "a": ("F104", "-"),
    "2**" * (MAX_DEPTH + 1) + "a": ("F104", "2"),
    "a b": ("F106", "b"),
    "a +": ("F106", ""),
    "a + * b": ("F106", "*"),
    "(a, b)": ("F106", ","),
    "()": ("F106", ")"),
    "x[]": ("F106", "]"),
    "a = b = c": ("F106", "="),
    "sum[i] x": ("F106", "x"),
    "a > b": ("F107", ">"),
    "(a > b)": ("F107", ">"),
    "[a]": ("F107", "]"),
    "[0 < a < 1]": ("F107", "<"),
    "a/0": ("F108", "0"),
    "a/(1/2 - 1/2)*0": ("", ""),
    "exp + 1": ("F109", "exp"),
    "exp[i]": ("F109", "exp"),
    "sum(a)": ("F111", "sum"),
    "sum[1](a)": ("F111", "sum[1]"),
    "sum[i-1](a)": ("F111", "sum[i-1]"),
    "exp(a, b)": ("F112", "exp(a, b)"),
    "max(a)": ("F112", "max(a)"),
    "where(a > 0, b)": ("F112", "where(a > 0, b)"),
    "expp(a)": ("F113", "expp"),
    "a(b)": ("F113", "a"),
    "__import__('os')": ("F101", "_"),
}


@pytest.mark.parametrize("text", ERRORS)
def test_error_has_code_and_caret(text: str) -> None:
    code, marked = ERRORS[text]
    if not code:
        parse(text)
        return
    with pytest.raises(FormulaErrors) as caught:
        parse(text)
    first = caught.value.found[0]
    assert first.span is not None
    assert (first.code, text[first.span.start : first.span.end]) == (code, marked)


HINTS = {
    "relu(a)": "max(0, a)",
    "expp(a)": "'exp'",
    "summ[i](x[i])(a)": "",
    "ln(a)": "log(a)",
    "a ^ 2": "**",
    "2x": "2*x",
    "sum(a)": "sum[i]",
    "(a > b)": "[a > b]",
}


@pytest.mark.parametrize("text", HINTS)
def test_hint(text: str) -> None:
    with pytest.raises(FormulaErrors) as caught:
        parse(text)
    assert HINTS[text] in caught.value.found[0].hint


def test_every_statement_reports_its_problem() -> None:
    with pytest.raises(FormulaErrors) as caught:
        statements("y = foo(a)\nz = (a b)\nw = 1")
    assert [p.code for p in caught.value.found] == ["F113", "F106"]


def test_a_long_formula_is_refused_at_once() -> None:
    with pytest.raises(FormulaErrors) as caught:
        parse("a + " * 10_000 + "a")
    assert caught.value.found[0].code == "F104"


def test_a_wide_formula_is_read() -> None:
    value = parse(" + ".join(["a*b"] * 2000))
    assert isinstance(value, Add)
    assert len(value.args) == 2000


def test_message_shows_the_line_with_a_caret() -> None:
    with pytest.raises(FormulaErrors) as caught:
        statements("y = a\nz = relu(a) + 1")
    assert str(caught.value) == (
        "formula:2:5: error[F113]: unknown function 'relu'\n"
        "    2 | z = relu(a) + 1\n"
        "      |     ^^^^\n"
        "  hint: write max(0, a)"
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_called_with_its_arity(name: str) -> None:
    function = FUNCTIONS[name]
    first = "a > b" if name == "where" else "a"
    parse(f"{name}({', '.join([first, 'b', 'c'][: function.arity])})")
    assert function.latex.format(*"abc"[: function.arity])
    if name in MANY:
        assert parse(f"{name}(a, b, c)") == parse(f"{name}(a, {name}(b, c))")
        return
    with pytest.raises(FormulaErrors):
        parse(f"{name}({', '.join([first, 'b', 'c', 'd'][: function.arity + 1])})")
