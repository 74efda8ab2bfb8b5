"""What is wrong in a formula, each with its code and with the stretch of text that the caret marks."""

from __future__ import annotations

from typing import Any

import pytest

from symbp.notation.problems import FormulaErrors
from symbp.notation.source import FormulaSource, TensorSource

from .sources import inputs, labels, parameters, problems, resolved

X = inputs("x[n,i]")
SEQUENCE = inputs("x[n,t,i]")
DENSE = (*X, *parameters("W[i,j]"))

# name: (formula, tensors, options, expected)
CASES: dict[str, tuple[str, tuple[TensorSource, ...], dict[str, Any], list[tuple[str, str]]]] = {
    "unknown name": ("y[n,i] = x[n,i] + alhpa", X, {"constants": ("alpha",)}, [("F122", "alhpa")]),
    "unknown array": ("y[n,i] = X2[n,i]*x[n,i]", X, {}, [("F125", "X2")]),
    "unknown size": ("y[n,i] = x[n,i]/M", X, {}, [("F122", "M")]),
    "too few indices": ("y[n,i] = x[n]", X, {}, [("F123", "x[n]")]),
    "too many indices": ("y[n,i] = x[n,i,i]", X, {}, [("F123", "x[n,i,i]")]),
    "no indices": ("y[n,i] = x", X, {}, [("F123", "x")]),
    "a number with indices": ("y[n,i] = x[n,i]*a[i]", X, {"constants": ("a",)}, [("F123", "a")]),
    "capital as array and size": ("y[n,i] = x[n,i]*W[i]*W", (*X, *parameters("W[i]")), {}, [("F123", "W")]),
    "value named like a size": ("I = 2\ny[n,i] = x[n,i]", X, {}, [("F135", "I")]),
    "index not on the left": ("y[n] = x[n,i]", X, {}, [("F127", "i")]),
    "index not bound": ("y[n,i] = x[n,i]*sum[k](x[n,j])", X, {}, [("F138", "k"), ("F127", "j")]),
    "shadowed": ("y[n,i] = sum[i](x[n,i])", X, {}, [("F129", "i")]),
    "shadowed inside": ("y[n] = sum[i](x[n,i]*sum[i](x[n,i]))", X, {}, [("F129", "i")]),
    "letter twice on the left": ("y[n,i,i] = x[n,i]", X, {}, [("F129", "i")]),
    "letter twice in a sum": ("y[n] = sum[i,i](x[n,i])", X, {}, [("F129", "i")]),
    "capital index": ("y[n] = sum[I](x[n,I])", X, {}, [("F128", "I")]),
    "constant as index": ("y[n] = sum[a](x[n,a])", X, {"constants": ("a",)}, [("F128", "a")]),
    "constant in brackets": ("y[n] = sum[i](x[n,i+a])", X, {"constants": ("a",)}, [("F126", "a")]),
    "no size on the left": ("y[n,k] = sum[i](x[n,i])", X, {}, [("F138", "k")]),
    "no size in a sum": ("y[n,i] = x[n,i]*sum[k](k)", X, {}, [("F138", "k")]),
    "no size for a parameter": ("y[n,j] = sum[i](x[n,i]*W[i,j])", DENSE, {"sized": ()}, [("F138", "j")]),
    "a shifted read sizes nothing": ("y[n,p] = x[n,2*p]", X, {}, [("F138", "p")]),
    "fraction as index": ("y[n] = x[n,1/2]", X, {}, [("F126", "1/2")]),
    "quotient as index": ("y[n,i] = x[n,i/2]", X, {}, [("F126", "2")]),
    "product of indices": ("y[n,i] = x[n,i*i]", X, {}, [("F126", "i*i")]),
    "function as index": ("y[n,i] = x[n,exp(i)]", X, {}, [("F126", "exp(i)")]),
    "real array as index": ("y[n,i] = x[n,x[n,i]]", X, {}, [("F126", "x[n,i]")]),
    "integer array without indices": ("y[n] = x[n,c]", (*X, *labels("c[n]")), {}, [("F126", "c")]),
    "floor": ("y[n,i] = floor(x[n,i])", X, {}, [("F114", "floor(x[n,i])")]),
    "integer division": ("y[n,i] = x[n,i]//2", X, {}, [("F114", "x[n,i]//2")]),
    "remainder of a real number": ("y[n,i] = x[n,i] % 2", X, {}, [("F114", "x[n,i] % 2")]),
    "division of an index by a fraction": ("y[n,i] = x[n,i//2.5]", X, {}, [("F126", "2.5")]),
    "where without comparison": ("y[n,i] = where(x[n,i], 1, 2)", X, {}, [("F107", "x[n,i]")]),
    "huge exponent": ("y[n,i] = x[n,i]**1000", X, {}, [("F115", "1000")]),
    "huge tower": ("y[n,i] = x[n,i]*9**9**9**9", X, {}, [("F115", "9**9")]),
    "mean without indices": ("y[n,i] = mean*x[n,i]", X, {}, [("F111", "mean")]),
    "no equals": ("x[n,1]\ny[n,i] = x[n,i]", X, {}, [("F106", "x[n,1]")]),
    "left side is a sum": ("y[n] + 1 = x[n,1]", X, {}, [("F134", "y[n] + 1")]),
    "left side is shifted": ("y[n,i-1] = x[n,i]", X, {}, [("F134", "i-1"), ("F127", "i")]),
    "input defined": ("x[n,i] = 1", X, {}, [("F135", "x")]),
    "constant defined": ("a = 1\ny[n,i] = x[n,i]*a", X, {"constants": ("a",)}, [("F135", "a")]),
    "defined twice": ("y[n,i] = 1\ny[n,i] = x[n,i]", X, {}, [("F135", "y")]),
    "function defined": ("sum = x[1,1]\ny[n,i] = x[n,i]", X, {}, [("F130", "sum")]),
    "Python's word defined": ("lambda[n,i] = x[n,i]", X, {}, [("F130", "lambda")]),
    "a gradient's name": ("dx[n,i] = x[n,i]", X, {}, [("F135", "dx")]),
    "read too early": ("y[n,i] = a[n,i]\na[n,i] = x[n,i]", X, {}, [("F131", "a[n,i]")]),
    "reads itself": ("y[n,i] = x[n,i] + y[n,i]", X, {}, [("F132", "y[n,i]")]),
    "in a circle": ("a[n,i] = b[n,i]\nb[n,i] = a[n,i] + x[n,i]", X, {}, [("F132", "b[n,i]")]),
    "both ways": ("h[n,t,i] = h[n,t-1,i] + h[n,t+1,i] + x[n,t,i]", SEQUENCE, {}, [("F133", "h[n,t+1,i]")]),
    "both ways in two lines": (
        "c[n,t,i] = h[n,t-1,i] + x[n,t,i]\nh[n,t,i] = c[n,t+1,i]",
        SEQUENCE,
        {},
        [("F133", "c[n,t+1,i]")],
    ),
    "all steps at once": (
        "c[n,t,i] = h[n,t-1,i] + x[n,t,i]\nh[n,t,i] = sum[u](c[n,u,i])",
        SEQUENCE,
        {},
        [("F132", "c[n,u,i]")],
    ),
    "two axes": ("h[n,t,i] = h[n,t-1,i] + h[n,t,i-1] + x[n,t,i]", SEQUENCE, {}, [("F132", "h[n,t,i-1]")]),
    "output is not last": ("y[n,i] = x[n,i]\nz[n,i] = y[n,i]", X, {"output": "y"}, [("F137", "z[n,i] = y[n,i]")]),
    "no output": ("z[n,i] = x[n,i]", X, {"output": "y"}, [("F137", "z[n,i] = x[n,i]")]),
    "unread parameter": ("y[n,i] = x[n,i]", DENSE, {}, [("F139", "")]),
    "declared twice": ("y[n,i] = x[n,i]", (*X, *X), {}, [("F120", "")]),
    "letter and constant": ("y[n,i] = x[n,i]", X, {"constants": ("i",)}, [("F128", "i"), ("F120", "")]),
    "array named like a size": ("y[n,i] = x[n,i]*I", (*X, *inputs("I")), {}, [("F120", "")]),
    "declared name of the language": ("y[n,i] = x[n,i]", X, {"constants": ("exp",)}, [("F130", "")]),
    "one letter for two axes": ("y[n,i] = x[n,i]", (*X, TensorSource("M", ("i", "i"))), {}, [("F120", "")]),
    "several leading axes shifted": (
        "y[n,i] = x[n-1,i]",
        X,
        {"leading": ("n", "t1")},
        [("F123", "x[n-1,i]")],
    ),
    "n as a number": ("y[n,i] = n*x[n,i]", X, {"leading": ("n", "t1")}, [("F121", "n")]),
    "an axis that the result lacks": (
        "s[n] = z\ny = z*2",
        inputs("z[n,j]"),
        {"pointwise": ("n", "j")},
        [("F124", "z")],
    ),
    "state read too early": ("w = w - u\nu = g", inputs("w", "g"), {"reassign": True}, [("F131", "u")]),
    "several at once": (
        "y[n,j] = sum[i](x[n,i]*W[j]) + q + foo[n] + bar",
        DENSE,
        {},
        [("F123", "W[j]"), ("F122", "q"), ("F125", "foo"), ("F122", "bar")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_code_and_caret(name: str) -> None:
    formula, tensors, options, expected = CASES[name]
    found = problems(formula, *tensors, **options)
    assert [f for f in found if f != ("F139", "") or f in expected] == expected


HINTS = {
    "did you mean 'alpha'": ("y[n,i] = x[n,i] + alhpa", {"constants": ("alpha",)}),
    "it is x[n,i]": ("y[n,i] = x[n]", {}),
    "write x[n,i]": ("y[n,i] = x", {}),
    "sum[k](...)": ("y[n,i] = x[n,i]*x[n,k]", {}),
    "take another letter": ("y[n,i] = sum[i](x[n,i])", {}),
    "the axis 'm'": ("y[n,i] = x[n,i]/M", {}),
}


@pytest.mark.parametrize("hint", HINTS)
def test_hint(hint: str) -> None:
    formula, options = HINTS[hint]
    with pytest.raises(FormulaErrors) as caught:
        resolved(formula, *X, **options)
    shown = caught.value.found[0]
    assert hint in shown.hint + shown.message or hint.split("'")[1] in shown.hint


def test_a_problem_is_said_once() -> None:
    assert problems("y[n,i] = x[n,i]*q + q**2 + q", *X) == [("F122", "q")]


def test_a_wrong_fact_names_itself() -> None:
    with pytest.raises(FormulaErrors, match="fact 1 is wrong") as caught:
        resolved("y[n,i] = x[n,i]", *X, facts=("sum[j](foo[n,j]) = 1",))
    assert caught.value.found[0].code == "F136"
    with pytest.raises(FormulaErrors, match="more than one"):
        resolved("y[n,i] = x[n,i]", *X, facts=("sum[i](x[n,i]) = 1; N = 2",))
    with pytest.raises(FormulaErrors, match="no '='"):
        resolved("y[n,i] = x[n,i]", *X, facts=("sum[i](x[n,i])",))


@pytest.mark.parametrize("declared", ["x[n,I]", "x[n,n]", "x[]y", "[i]", "x[i", "2x[i]", "x[i+1]"])
def test_declarations_are_checked(declared: str) -> None:
    with pytest.raises(FormulaErrors) as caught:
        TensorSource.read(declared)
    assert caught.value.found[0].code == "F120"


def test_problem_counts_lines_of_the_formula() -> None:
    with pytest.raises(FormulaErrors) as caught:
        resolved("a[n,i] = x[n,i]\ny[n,i] = a[n]", *X)
    place = caught.value.problems[0].place
    assert place is not None
    assert (place.line, place.column, place.width, place.source) == (2, 10, 4, "y[n,i] = a[n]")


def test_source_is_not_changed_by_expansion() -> None:
    source = FormulaSource("y[n,i] = x[n,i]", X, leading=("n", "t1"))
    assert source.expanded().expanded() == source.expanded()
    assert source.tensors == X
