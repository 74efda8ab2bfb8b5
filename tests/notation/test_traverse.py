"""Changes to whole expressions: nothing is captured, nothing else is changed."""

from __future__ import annotations

from symbp.notation.expr import Equation, Index, Num, Reduce, Ref, Sym, number
from symbp.notation.parser import parse
from symbp.notation.text import text
from symbp.notation.traverse import (
    all_indices,
    fresh,
    inline,
    rename_tensors,
    replace_symbols,
    substitute,
)


def index(name: str) -> Index:
    return Index(name, Sym(name.upper(), "size"))


AT_I, AT_J, AT_K = index("i"), index("j"), index("k")


def test_substitution_renames_a_bound_index_that_would_capture() -> None:
    shown = text(substitute(parse("sum[j](W[i,j]*x[j])"), {AT_I: AT_J}))
    assert shown == "sum[j1](W[j,j1]*x[j1])"


def test_substitution_keeps_a_bound_index_that_captures_nothing() -> None:
    assert text(substitute(parse("sum[j](W[i,j]*x[j])"), {AT_I: AT_K})) == "sum[j](W[k,j]*x[j])"
    assert text(substitute(parse("sum[j](x[j])"), {AT_I: AT_J})) == "sum[j](x[j])"


def test_a_bound_index_is_not_replaced() -> None:
    assert text(substitute(parse("x[i]*sum[i](x[i])"), {AT_I: AT_K})) == "x[k]*sum[i](x[i])"


def test_indices_of_equal_names_and_other_sizes_differ() -> None:
    other = Index("i", Sym("M", "size"))
    assert substitute(Ref("x", (other,)), {AT_I: AT_J}) == Ref("x", (other,))


def test_substitution_of_expressions() -> None:
    assert text(substitute(parse("x[i,2*j]"), {AT_I: parse("x[j-1]").children[0]})) == "x[j-1,2*j]"


def test_nested_renaming_takes_unused_names() -> None:
    shown = text(substitute(parse("sum[j](sum[j1](W[i,j,j1]))"), {AT_I: AT_J}))
    assert shown == "sum[j2](sum[j1](W[j,j2,j1]))"


def test_rename_tensors() -> None:
    assert text(rename_tensors(parse("x[i]*sum[j](y[j]*z)"), {"x": "y", "y": "x"})) == "y[i]*sum[j](x[j]*z)"


def test_replace_symbols_reaches_bound_sizes() -> None:
    value = replace_symbols(parse("a*sum[i](x[i])/I"), {"I": number(3), "a": number(2)})
    assert text(value) == "2*sum[i](x[i])*3**(-1)" or text(value) == "2*sum[i](x[i])/3"
    (total,) = [f for f in value.children if isinstance(f, Reduce)]
    assert isinstance(total.bound[0].size, Num)
    assert all(isinstance(i.size, Num) for i in all_indices(value))


def test_inline_puts_definitions_in_without_capture() -> None:
    total = Equation(Ref("s", (AT_I,)), parse("sum[j](x[i,j])"))
    assert text(inline(parse("sum[j](s[j])"), {"s": total})) == "sum[j](sum[j1](x[j,j1]))"


def test_fresh_names() -> None:
    assert fresh("j", {"j", "j1"}) == "j2"
    assert fresh("t1", set()) == "t1"
