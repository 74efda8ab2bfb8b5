"""Formulas as LaTeX: each from the formula language, compared with the text that a person would write."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbp.notation.elaborate import elaborate
from symbp.notation.expr import (
    Add,
    Call,
    Divides,
    Equation,
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
    negative,
    number,
)
from symbp.notation.parser import parse
from symbp.notation.source import FormulaSource, TensorSource
from symbp.report.display import equation
from symbp.report.formula import Printer
from symbp.report.formula import number as written
from symbp.report.names import Name, Names

SIZES = {s: Sym(s, "size", True) for s in "NIJKP"}
n, i, j, k, p = (Index(s.lower(), SIZES[s]) for s in "NIJKP")
u = Index("u", number(3))
PRINTER = Printer(Names(frozenset(("x", "y", "z", "W", "b", "t", "c", "phi"))))


def formula(text: str, output: str = "y[n,j]") -> Equation:
    """One equation over x[n,j], z[n,j], t[n,j], labels c[n], W[i,j], alpha and eps."""
    tensors = [TensorSource.read(t) for t in ("x[n,j]", "z[n,j]", "v[n,i]", "t[n,j]", "W[i,j]", "r[n]")]
    labels = TensorSource.read("c[n]", "data", integer=True)
    source = FormulaSource(f"{output} = {text}", (*tensors, labels), constants=("alpha", "eps"), leading=("n",))
    return elaborate(source).equations[0]


CASES = {
    "sum[i](v[n,i]*W[i,j]) + r[n]": r"\sum_{i} v_{n,i} \, W_{i,j} + r_{n}",
    "x[n,j]*(1 - x[n,j])": r"x_{n,j} \, (1 - x_{n,j})",
    "1 - x[n,j]**2": r"1 - x_{n,j}^{2}",
    "-x[n,j]": r"-x_{n,j}",
    "x[n,j] - (z[n,j] - t[n,j])": r"x_{n,j} - (z_{n,j} - t_{n,j})",
    "(x[n,j] - t[n,j])/N": r"\frac{x_{n,j} - t_{n,j}}{N}",
    "2*(x[n,j] - t[n,j])/(N*J)": r"\frac{2 (x_{n,j} - t_{n,j})}{N J}",
    "1/(1 + exp(-x[n,j]))": r"\frac{1}{1 + e^{-x_{n,j}}}",
    "exp(x[n,j])/sum[k](exp(x[n,k]))": r"\frac{e^{x_{n,j}}}{\sum_{k} e^{x_{n,k}}}",
    "x[n,j]*(z[n,j] - sum[k](z[n,k]*x[n,k]))": (r"x_{n,j} \, \Bigl(z_{n,j} - \sum_{k} z_{n,k} \, x_{n,k}\Bigr)"),
    "sum[k](x[n,k])*x[n,j]": r"x_{n,j} \, \sum_{k} x_{n,k}",
    "mean[k](x[n,k] - z[n,k])": r"\frac{1}{J} \, \sum_{k} (x_{n,k} - z_{n,k})",
    "-mean[k](x[n,k])": r"-\frac{1}{J} \, \sum_{k} x_{n,k}",
    "max[k](x[n,k])": r"\max_{k} x_{n,k}",
    "max(0, x[n,j])": r"\max(0, x_{n,j})",
    "sigmoid(x[n,j])": r"\sigma(x_{n,j})",
    "tanh(x[n,j])**2": r"\tanh^{2}(x_{n,j})",
    "erf(x[n,j]/sqrt(2))": r"\operatorname{erf}\Bigl(\frac{x_{n,j}}{\sqrt{2}}\Bigr)",
    "log1p(exp(-abs(x[n,j])))": r"\operatorname{log1p}\bigl(e^{-\lvert x_{n,j} \rvert}\bigr)",
    "sqrt(x[n,j])": r"\sqrt{x_{n,j}}",
    "1/sqrt(x[n,j] + eps)": r"\frac{1}{\sqrt{x_{n,j} + \varepsilon}}",
    "[x[n,j] > 0]": r"\mathbf{1}[x_{n,j} > 0]",
    "x[n,j]*[c[n] == j]": r"x_{n,j} \, \mathbf{1}[c_{n} = j]",
    "x[n,c[n]]": r"x_{n,c_{n}}",
    "where(x[n,j] > 0, x[n,j], alpha*x[n,j])": (
        r"\begin{cases} x_{n,j} & \text{if } x_{n,j} > 0 \\ \alpha \, x_{n,j} & \text{otherwise} \end{cases}"
    ),
    "0.044715*x[n,j]": r"0.044715 \, x_{n,j}",
    "x[n,j]/3": r"\frac{x_{n,j}}{3}",
    "1/2 + x[n,j]": r"\tfrac{1}{2} + x_{n,j}",
    "2*sqrt(3)": r"2 \sqrt{3}",
    "(x[n,j] + z[n,j])**2": r"(x_{n,j} + z_{n,j})^{2}",
    "x[n,j]**alpha": r"x_{n,j}^{\alpha}",
    "exp(x[n,j])**2": r"\bigl(e^{x_{n,j}}\bigr)^{2}",
}


@pytest.mark.parametrize("text", CASES, ids=list(CASES))
def test_formula(text: str) -> None:
    output = "y[n]" if text.startswith(("max[", "mean", "-mean", "x[n,c")) else "y[n,j]"
    assert PRINTER.latex(formula(text, output).rhs) == CASES[text]


def test_long_powers_of_ten_are_written_as_powers() -> None:
    assert [written(Fraction(n)) for n in (-(10**30), 1000, -7, 0)] == ["-10^{30}", "1000", "-7", "0"]


def test_sums_of_sums_are_one_sum_and_means_a_factor() -> None:
    e = formula("1/2*mean[n](sum[j]((x[n,j] - t[n,j])**2))", "y")
    assert PRINTER.latex(e.rhs) == r"\frac{1}{2 N} \, \sum_{n,j} (x_{n,j} - t_{n,j})^{2}"


def test_gradients_have_an_upright_d() -> None:
    assert PRINTER.latex(Ref("dx", (n, i))) == r"\mathrm{d}x_{n,i}"
    assert PRINTER.latex(Ref("dphi", (n,))) == r"\mathrm{d}\varphi_{n}"
    assert PRINTER.latex(Ref("delta", (n,))) == r"\delta_{n}", "no gradient of a tensor 'elta'"


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("W", "W"), ("gamma", r"\gamma"), ("xhat", r"\hat{x}"), ("W_fc1", r"W_{\mathrm{fc1}}"), ("s1", "s_{1}"),
        ("eps", r"\varepsilon"), ("beta1", r"\beta_{1}"), ("label_smoothing", r"\mathrm{label\_smoothing}"),
        ("scale", r"\mathrm{scale}"), ("alpha_out", r"\alpha_{\mathrm{out}}"), ("mhat", r"\hat{m}"),
    ],
)  # fmt: skip
def test_names(name: str, latex: str) -> None:
    assert PRINTER.latex(Ref(name)) == latex


def test_what_only_derivations_contain() -> None:
    shifted = Add((Mul((number(2), p)), negative(number(1)), u))
    assert PRINTER.latex(Ref("x", (n, shifted))) == "x_{n,2p+u-1}"
    back = Add((i, negative(u)))
    assert PRINTER.latex(Ref("x", (n, Quotient(back, number(2))))) == "x_{n,(i-u)/2}"
    assert PRINTER.latex(Divides(number(2), back)) == r"\mathbf{1}[2 \mid i-u]"
    assert PRINTER.latex(InRange(back, SIZES["P"])) == r"\mathbf{1}[0 \le i-u < P]"
    first = FirstMax((i,), (u,), Ref("x", (n, Add((p, u)))))
    assert PRINTER.latex(first) == r"\mathbf{1}[i = \operatorname{first\,arg\,max}_{u} x_{n,p+u}]"
    pair = FirstMax((i, p), (u, n), Ref("x", (n, u)))
    assert PRINTER.latex(pair) == r"\mathbf{1}[(i,p) = \operatorname{first\,arg\,max}_{u,n} x_{n,u}]"
    assert PRINTER.latex(Ref("h", (n, Add((number(-1), i))))) == "h_{n,i-1}"


def test_numbers_that_would_run_together_are_kept_apart() -> None:
    assert PRINTER.latex(Mul((Ref("x", (n,)), Pow(number(2), number("1/2"))))) == r"x_{n} \, \sqrt{2}"
    assert PRINTER.latex(Mul((number(2), number("0.5")))) == "1"
    assert PRINTER.latex(Mul((Ref("x", (n,)), Pow(number(2), Sym("a"))))) == r"x_{n} \cdot 2^{a}"


def test_a_branch_inside_a_sum_is_enclosed() -> None:
    branch = formula("where(x[n,j] > 0, 1, 0)").rhs
    assert PRINTER.latex(Add((branch, Ref("x", (n, j))))).startswith(r"\biggl(\begin{cases}")
    product = Mul((Ref("z", (n, j)), branch))
    assert PRINTER.latex(product).startswith(r"z_{n,j} \, \begin{cases}")
    assert PRINTER.latex(Add((product, Ref("x", (n, j))))).startswith(r"\biggl(z_{n,j} \, \begin{cases}")


def test_nested_branches_become_one_list() -> None:
    inner = formula("where(x[n,j] > 0, where(x[n,j] < 1, 2, 3), 4)").rhs
    assert PRINTER.latex(inner) == (
        r"\begin{cases} 2 & \text{if } x_{n,j} > 0 \text{ and } x_{n,j} < 1 \\ 3 & \text{if } x_{n,j} > 0 \\ "
        r"4 & \text{otherwise} \end{cases}"
    )


def test_a_power_of_a_name_with_a_superscript_is_enclosed() -> None:
    printer = Printer(Names(given={"a": Name("a", above="l")}))
    assert printer.latex(Pow(Ref("a", (n,)), number(2))) == "(a^{l}_{n})^{2}"


def test_a_long_sum_is_broken_between_its_terms() -> None:
    term = Mul((Ref("alpha", (n, j)), Reduce("sum", (k,), Mul((Ref("W", (j, k)), Ref("z", (n, k)))))))
    long = Equation(Ref("y", (n, j)), Add(tuple(term for _ in range(9))))
    shown = equation(PRINTER, long, "3.1")
    lines = shown.splitlines()
    assert lines[0] == r"\begin{aligned}"
    assert lines[1].startswith(r"  y_{n,j} &= \alpha")
    assert lines[2].startswith(r"   &\quad {}+ \alpha")
    assert shown.endswith(r"\end{aligned} \tag{3.1}")


def test_a_long_product_of_sums_is_broken_inside_parentheses_rather_than_between_factors() -> None:
    wide = Add(tuple(Ref("W", (i, j, k, Index(f"m{m}", SIZES["K"]))) for m in range(14)))
    shown = equation(PRINTER, Equation(Ref("y", (n, j)), Mul((Ref("x", (n, j)), wide))))
    assert r"\times" not in shown
    assert "{}+ W" in shown


def test_a_fraction_wider_than_a_line_is_written_as_a_power() -> None:
    wide = Add(tuple(Ref("W", (i, j, k, Index(f"m{m}", SIZES["K"]))) for m in range(16)))
    shown = equation(PRINTER, Equation(Ref("y", (n, j)), Mul((Ref("x", (n, j)), Pow(wide, Num(Fraction(-1)))))))
    assert r"\frac" not in shown
    assert "^{-1}" in shown
    root = equation(PRINTER, Equation(Ref("y", (n, j)), Call("sqrt", (wide,))))
    assert r"\sqrt" not in root


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        ("x[n,1*p+0]", "x_{n,p}"),
        ("x[n,k-0]", "x_{n,k}"),
        ("x[n,0+0]", "x_{n,0}"),
        ("(a+b)/(1+1)", r"\frac{a + b}{2}"),
        ("zi[n]*Wq[i,j]**2", r"z^{i}_{n} \, (W^{q}_{i,j})^{2}"),
        ("y[t11,t2]", "y_{t'_{1},t_{2}}"),
    ],
)
def test_what_a_person_would_not_write_is_left_out(formula: str, latex: str) -> None:
    assert PRINTER.latex(parse(formula)) == latex
