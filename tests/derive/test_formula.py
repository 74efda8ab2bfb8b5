"""Derivatives of formulas by themselves, to second order, against identities of matrix calculus.

The identities are those of K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, version of November 15, 2012, under
their numbers there.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbp.derive.checked import check_derivatives
from symbp.derive.numeric import Evaluator, context
from symbp.errors import DerivationError, SymbpError, VerificationError
from symbp.formula import DerivedFormula, derive_formula
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Add, Num, number
from symbp.notation.reads import Declared, source_of
from symbp.notation.text import equation_text
from symbp.verify.function import Case, Checked, check_function

NORM = "r = sqrt(sum[k]((x[k] - a[k])**2))"
FIRST = {
    "(69)": ("sum[i](x[i]*a[i])", "x", "df_dx[i] = a[i]"),
    "(70)": ("sum[i,j](a[i]*X[i,j]*b[j])", "X", "df_dX[i,j] = a[i]*b[j]"),
    "(71)": ("sum[i,j](a[i]*X[j,i]*b[j])", "X", "df_dX[j,i] = b[j]*a[i]"),
    "(76)": ("sum[i,j](X[i,j])**2", "X", "df_dX[i,j] = 2*sum[k,l](X[k,l])"),
    "(77)": ("sum[i,j,k](b[i]*X[k,i]*X[k,j]*c[j])", "X", "df_dX[k,i] = sum[j](X[k,j]*(b[j]*c[i] + c[j]*b[i]))"),
    "(81)": ("sum[i,j](x[i]*B[i,j]*x[j])", "x", "df_dx[i] = sum[j]((B[i,j] + B[j,i])*x[j])"),
    "(82)": (
        "sum[i,j,k,l](b[i]*X[k,i]*D[k,l]*X[l,j]*c[j])",
        "X",
        "df_dX[k,i] = sum[j,l](D[l,k]*X[l,j]*b[j]*c[i] + D[k,l]*X[l,j]*c[j]*b[i])",
    ),
    "(83)": (
        "r[i] = sum[j](X[i,j]*b[j]) + c[i]; sum[i,k](r[i]*D[i,k]*r[k])",
        "X",
        "df_dX[i,j] = sum[k]((D[i,k] + D[k,i])*(sum[l](X[k,l]*b[l]) + c[k]))*b[j]",
    ),
    "(100)": ("sum[i,j](X[i,j]*A[j,i])", "X", "df_dX[i,j] = A[j,i]"),
    "(106)": ("sum[i,j](X[i,j]*X[j,i])", "X", "df_dX[i,j] = 2*X[j,i]"),
    "(109)": ("sum[i,j,k](B[i,j]*X[j,k]*X[i,k])", "X", "df_dX[j,k] = sum[i]((B[i,j] + B[j,i])*X[i,k])"),
    "(129)": (f"{NORM}; f = r", "x", "df_dx[k] = (x[k] - a[k])/r"),
    "(132)": ("sum[i,j](X[i,j]**2)", "X", "df_dX[i,j] = 2*X[i,j]"),
}
SECOND = {
    "(98)": ("sum[i,j](x[i]*A[i,j]*x[j]) + sum[i](b[i]*x[i])", "x", "d2f_dx_dx[i,j] = A[i,j] + A[j,i]"),
    "(130)": (  # the derivative of (129)
        f"{NORM}; f = r",
        "x",
        "d2f_dx_dx[k,i] = [k == i]/r - (x[k] - a[k])*(x[i] - a[i])/r**3",
    ),
}


def same(found: DerivedFormula, formula: str, wanted: str) -> None:
    """The derivative on the left side of `wanted` has the value of its right side at the point of the check.

    `wanted` may read what the formula computes."""
    lines = formula.split("; ")
    lines[-1] = lines[-1] if " = " in lines[-1] else f"f = {lines[-1]}"
    equations = elaborate(source_of("; ".join((*lines, wanted)), Declared(()))).equations
    name, mp = equations[-1].name, context(40)
    assert equations[-1].indices == found.derivation.equation(name).indices
    here = Evaluator(found.derivation.equations, found.point, mp)
    other = Evaluator(equations, found.point, mp)
    for at in here.places(name):
        assert abs(here.read(name, at, False) - other.read(name, at, False)) < mp.mpf(10) ** -35


@pytest.mark.parametrize("identity", FIRST)
def test_first_derivatives_of_the_matrix_cookbook(identity: str) -> None:
    formula, by, wanted = FIRST[identity]
    found = derive_formula(formula, by)
    same(found, formula, wanted)
    assert found.numpy()


@pytest.mark.parametrize("identity", SECOND)
def test_second_derivatives_of_the_matrix_cookbook(identity: str) -> None:
    formula, by, wanted = SECOND[identity]
    found = derive_formula(formula, by, twice=True)
    same(found, formula, wanted)
    assert found.numpy()


def printed(formula: str, by: str | list[str], **options: object) -> list[str]:
    return str(derive_formula(formula, by, **options)).split("\n\n")[0].splitlines()  # type: ignore[arg-type]


def test_closed_forms_as_a_person_would_write_them() -> None:
    assert printed("sum[i,j](x[i]*A[i,j]*x[j])", "x", twice=True)[1:] == [
        "df_dx[i] = sum[j](x[j]*(A[i,j] + A[j,i]))",
        "d2f_dx_dx[i,j] = A[i,j] + A[j,i]",
    ]
    softmax = "y[j] = exp(x[j])/sum[k](exp(x[k]))"
    assert printed(softmax, "x")[1] == "dy_dx[j,k] = y[k]*([j == k] - y[j])"
    assert printed(softmax, "x", cotangent="G")[1] == "dy_dx[j] = y[j]*(G[j] - sum[k](G[k]*y[k]))"
    curvature = printed("log(sum[j](exp(x[j])))", "x", twice=True)[-1]
    assert curvature == "d2f_dx_dx[j,i] = df_dx[i]*([j == i] - df_dx[j])"


def test_jacobians_of_tensors_of_any_rank() -> None:
    lines = printed("y[n,j] = tanh(sum[i](x[n,i]*W[i,j]) + b[j])", ["x", "W", "b"])
    assert lines[1:] == [
        "dy_dx[n,j,k,i] = W[i,j]*[n == k]*(1 - y[k,j]**2)",
        "dy_dW[n,j,i,k] = x[n,i]*[j == k]*(1 - y[n,k]**2)",
        "dy_db[n,j,k] = [j == k]*(1 - y[n,k]**2)",
    ]


def test_a_result_that_does_not_depend_has_a_derivative_of_its_full_shape() -> None:
    found = derive_formula("y[n,j] = b[j] + 0*x[n]", ["b", "x"]).derivation
    assert [len(found.equation(d.name).indices) for d in found.derivatives] == [3, 3]
    assert equation_text(found.equation("dy_dx")).endswith("= 0")


def test_every_pair_of_arrays_has_a_second_derivative_once() -> None:
    formula = "h[n,k] = tanh(sum[i](x[n,i]*W[i,k])); f = sum[n,j]((sum[k](h[n,k]*V[k,j]) - t[n,j])**2)"
    found = derive_formula(formula, ["W", "V"], twice=True)
    names = [d.name for d in found.derivation.derivatives]
    assert names == ["df_dW", "df_dV", "d2f_dW_dW", "d2f_dW_dV", "d2f_dV_dV"]
    assert found.numpy()


def test_numbers_are_differentiated_by_too() -> None:
    lines = printed("sum[i](x[i]**2)*lam + exp(lam*c)", ["lam"], twice=True)
    assert lines[-2:] == ["df_dlam = s + c*e", "d2f_dlam_dlam = c**2*e"]


def test_recurrences_to_second_order() -> None:
    found = derive_formula("h[t] = tanh(w*h[t-1] + x[t]); f = sum[t](h[t]*c[t])", ["w", "x"], twice=True)
    assert len(found.derivation.derivatives) == 5  # each checked by differences of the recurrence itself


def test_windows_and_maxima_to_second_order() -> None:
    window = "y[p] = sum[u](x[2*p+u-1]**2*K[u])"
    size = ["P = (I - U)//2 + 1"]
    found = derive_formula(window, ["x", "K"], twice=True, cotangent="G", arrays=["x[i]"], facts=size)
    assert len(found.derivation.derivatives) == 5
    pool = "y[p] = max[u](x[2*p+u]**3)"
    largest = derive_formula(pool, "x", twice=True, arrays=["x[i]"], facts=["U = 3", *size])
    assert largest.derivation.derivatives[-1].name == "d2y_dx_dx"


def test_labels_are_integers_because_they_are_indices() -> None:
    found = derive_formula("mean[n](log(sum[j](exp(z[n,j]))) - z[n,t[n]])", "z")
    assert [t.name for t in found.derivation.tensors if t.integer] == ["t"]
    assert found.numpy()


def test_the_order_of_the_result_is_that_of_numpy() -> None:
    """The function is called, and the derivative of a non-symmetric form lies as the doc says."""
    text = derive_formula("y[i] = sum[j](A[i,j]*x[j])", "x").numpy()
    assert "Returns y [I], dy_dx [I, J]." in text
    assert "dy_dx = A" in text


ERRORS = [
    ("f = sum[i](x[i]*z[i])", "y", {}, "F140", "the formula reads no 'y'"),
    ("f = sum[i](x[i]*dx[i])", "x", {}, "F135", "'dx' is the name of a derivative"),
    ("s = sum[i](x[i]); f = s**2", "s", {}, "F140", "'s' is computed by the formula"),
    ("f = sum[i](x[i]*c[i])", "x", {"integer": ["x"]}, "F140", "'x' is an integer"),
    ("y[p] = sum[u](x[p+u]*K[u])", "x", {}, "F138", "the index 'p' has no size"),
    ("y[p] = x[p+1] - x[p]", "x", {"arrays": ["x[i]"], "facts": ["P = I - 1"]}, "F136", "'P' has a size already"),
    ("y[i] = A[i,k]*x[k]", "A", {}, "F127", "index 'k' is neither on the left side nor bound by a sum"),
    ("f = sum[i](flor(x[i]))", "x", {}, "F113", "unknown function 'flor'"),
    ("f = log(-exp(x))", "x", {}, "D012", "has no value at any of the points"),
    ("f = sum[i](x[i])/(x[0] - x[0])", "x", {}, "D001", "a division by 0"),
]


@pytest.mark.parametrize(("formula", "by", "options", "code", "message"), ERRORS)
def test_what_cannot_be_derived_is_refused(formula: str, by: str, options: dict, code: str, message: str) -> None:
    with pytest.raises(SymbpError) as caught:
        derive_formula(formula, by, **options)
    assert (caught.value.problems[0].code, message in caught.value.problems[0].message) == (code, True)


def test_a_wrong_derivative_is_refused() -> None:
    found = derive_formula("sum[i](x[i]**2*c[i])", "x", twice=True).derivation
    for name in ("df_dx", "d2f_dx_dx"):
        for change in (lambda e: Add((e, Num(number("1e-20").value))), lambda e: number(0)):
            wrong = tuple(replace(e, rhs=change(e.rhs)) if e.name == name else e for e in found.equations)
            with pytest.raises(DerivationError, match=f"{name}.* is wrong"):
                check_derivatives(replace(found, equations=wrong))


def test_a_wrong_function_is_refused() -> None:
    source = "def f(x, w):\n    return (x * w).sum(), w{}\n"
    case = Case({"x": {(0,): 1, (1,): 2}, "w": {(0,): 3, (1,): 5}}, frozenset(), {"y": {(): 13}})
    check_function(source.format(""), "f", ("y", "dy"), [Checked("dy", "y", "x")], case)
    for wrong, why in ((" * 1.0000001", "differs from the complex step"), ("[:1]", "shape"), (".x", "fails with")):
        with pytest.raises(VerificationError, match=why):
            check_function(source.format(wrong), "f", ("y", "dy"), [Checked("dy", "y", "x")], case)
    with pytest.raises(VerificationError, match="evaluated one element at a time"):
        check_function(source.format(""), "f", ("y", "dy"), [], replace(case, values={"y": {(): 12}}))
