"""An expression that is printed and read again is the same expression."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.notation.expr import Add, Call, Compare, Expr, Index, Mul, Num, Pow, Reduce, Ref, Sym, rebuild, walk
from symbp.notation.parser import parse
from symbp.notation.text import number_text, text

LETTERS = st.sampled_from("ijk").map(lambda m: Index(m, Sym(m.upper(), "size")))
NUMBERS = st.one_of(
    st.integers(-12, 12).map(Fraction),
    st.fractions(-3, 3, max_denominator=12),
    st.sampled_from(["0.044715", "1e-8", "0.1", "1234567/1000000", "1e10", "-2.5e-7"]).map(Fraction),
).map(Num)
NAMES = st.sampled_from("abc").map(lambda m: Sym(m, "constant"))
PLACES = st.one_of(
    LETTERS, LETTERS.map(lambda i: Add((i, Num(Fraction(-1))))), st.integers(0, 3).map(Fraction).map(Num)
)
READS = st.lists(PLACES, min_size=1, max_size=3).map(lambda at: Ref("x", tuple(at)))


def several(part: st.SearchStrategy[Expr]) -> st.SearchStrategy[tuple[Expr, ...]]:
    return st.lists(part, min_size=2, max_size=4).map(tuple)


def grown(part: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    comparison = st.tuples(st.sampled_from([">", "<=", "=="]), part, part).map(lambda c: Compare(*c))
    return st.one_of(
        several(part).map(Add),
        several(part).map(Mul),
        st.tuples(part, st.one_of(NUMBERS, part)).map(lambda p: Pow(*p)),
        st.tuples(st.sampled_from(["exp", "abs"]), part).map(lambda c: Call(c[0], (c[1],))),
        st.tuples(part, part).map(lambda p: Call("max", p)),
        st.tuples(comparison, part, part).map(lambda p: Call("where", p)),
        comparison,
        st.tuples(st.sampled_from(["sum", "max"]), LETTERS, part).map(lambda r: Reduce(r[0], (r[1],), r[2])),
    )


EXPRESSIONS = st.recursive(st.one_of(NUMBERS, NAMES, READS), grown, max_leaves=12)


def canonical(node: Expr) -> Expr:
    """The form that the parser gives 1/(b**2), as b**(-2), and -1*2, as -2."""
    node = rebuild(node, tuple(canonical(c) for c in node.children)) if node.children else node
    match node:
        case Pow(Pow(base, Num(inner)), Num(outer)) if inner > 0 and outer == -1:
            return Pow(base, Num(-inner))
        case Mul((Num(one), Num(value), *rest)) if one == -1:
            return canonical(Mul((Num(-value), *rest))) if rest else Num(-value)
    return node


@given(EXPRESSIONS)
@settings(max_examples=600, deadline=None, derandomize=True)
def test_read_back(node: Expr) -> None:
    found = parse(text(canonical(node)))
    assert found == canonical(node)
    assert text(found) == text(canonical(node))


@given(EXPRESSIONS)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_text_is_a_fixed_point(node: Expr) -> None:
    assert text(parse(text(node))) == text(node)


@given(EXPRESSIONS)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_rebuild_over_the_same_children_changes_nothing(node: Expr) -> None:
    for e in walk(node):
        assert not e.children or rebuild(e, e.children) == e


@pytest.mark.parametrize(
    "shown",
    [
        "dy*y*(1 - y)",
        "(p - t)/N",
        "y[n,j]*(dy[n,j] - sum[k](dy[n,k]*y[n,k]))",
        "1/sqrt(v + eps)",
        "x/b**2",
        "-a*b",
        "a - b/c",
        "2*(y - t)/(N*M)",
        "dy/(1 + abs(z))**2",
        "e*z/sqrt(2*pi)",
        "-2*t*max(0, a)/(N*M)",
        "1/2*x**2",
        "exp(-z)/(1 + exp(-z))**2",
        "where(z > 0, z, alpha*z)",
        "[z > 0]*dy",
        "h[n,t-1,k]",
        "x[n,2*p+u-1]",
        "max(0, min(1, z/6 + 1/2))",
        "0.044715*z**3",
    ],
)
def test_printed_as_written(shown: str) -> None:
    assert text(parse(shown)) == shown


@pytest.mark.parametrize("value", ["1/3", "-1/7", "0.1", "1e-8", "1.5e-9", "100", "22/7", "1e-300", "1/1024"])
def test_numbers_are_exact(value: str) -> None:
    number = Num(Fraction(value))
    assert parse(number_text(number.value)) == number
