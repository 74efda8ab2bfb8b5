"""Matrix forms: the text of each, and that it means the same as the index form, with numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
import pytest

from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Add, Call, Equation, Expr, Index, Mul, Num, Pow, Reduce, Ref, Sym, walk
from symbp.notation.source import FormulaSource, TensorSource
from symbp.report.matrix import MatrixEquation, MatrixPrinter
from symbp.report.names import Names

TENSORS = ("x[n,i]", "W[i,j]", "b[j]", "y[n,j]", "z[n,j]", "d[n,j]", "r[n]", "A[j,i]")
SIZES = {"N": 4, "I": 3, "J": 2}


def formula(text: str) -> Equation:
    """One equation over the tensors above, with constants a and e."""
    source = FormulaSource(text, tuple(TensorSource.read(t) for t in TENSORS), constants=("a", "e"), leading=("n",))
    return elaborate(source).equations[0]


def latex(text: str, layout: str) -> str | None:
    made = MatrixPrinter(Names(), layout).equation(formula(text))
    return None if made is None else f"{made.left} = {made.right.latex}"


# formula: (a sample in each row, a sample in each column)
CASES = {
    "v[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]": (r"V = X \, W + \mathbf{1} \, b", r"V = W \, X + b \, \mathbf{1}^{\top}"),
    "v[n,i] = sum[j](W[i,j]*d[n,j])": (r"V = D \, W^{\top}", r"V = W^{\top} \, D"),
    "v[i,j] = sum[n](d[n,j]*x[n,i])": (r"V = X^{\top} \, D", r"V = D \, X^{\top}"),
    "v[j] = sum[n](d[n,j])": (r"v = \mathbf{1}^{\top} \, D", r"v = D \, \mathbf{1}"),
    "v[n] = sum[j](d[n,j]*y[n,j])": (r"v = (D \odot Y) \, \mathbf{1}", r"v = \mathbf{1}^{\top} \, (D \odot Y)"),
    "v[n,j] = d[n,j]*y[n,j]*(1 - y[n,j])": (r"V = D \odot Y \odot (1 - Y)",) * 2,
    "v[n,j] = sum[i](x[n,i]*W[i,j])*tanh(z[n,j])": (r"V = (X \, W) \odot \tanh(Z)", r"V = (W \, X) \odot \tanh(Z)"),
    "v[n,j] = (y[n,j] - z[n,j])/N": (r"V = \frac{1}{N} \, (Y - Z)",) * 2,
    "v[n,j] = r[n]*y[n,j]": (r"V = \operatorname{diag}(r) \, Y", r"V = Y \, \operatorname{diag}(r)"),
    "v[n,j] = y[n,j]*b[j]": (r"V = Y \, \operatorname{diag}(b)", r"V = \operatorname{diag}(b) \, Y"),
    "v[n,j] = y[n,j]/r[n]": (r"V = \operatorname{diag}(r)^{-1} \, Y", r"V = Y \, \operatorname{diag}(r)^{-1}"),
    "v[n,j] = y[n,j]/z[n,j]": (r"V = Y \oslash Z",) * 2,
    "v[n,j] = 1 - y[n,j]**2": (r"V = 1 - Y^{\circ 2}",) * 2,
    "v[n,j] = r[n]*b[j]": (r"V = r \, b", r"V = b \, r"),
    "v[n,j] = a*y[n,j] - z[n,j]*d[n,j]": (r"V = a \, Y - Z \odot D",) * 2,
    "v[n,j] = sum[i](x[n,i]*(W[i,j] + A[j,i]))": (r"V = X \, (W + A^{\top})", r"V = (W + A^{\top}) \, X"),
    "v[n,j] = y[n,j]*(d[n,j] - sum[k](d[n,k]*y[n,k]))": (
        r"V = Y \odot (D - (D \odot Y) \, \mathbf{1} \, \mathbf{1}^{\top})",
        r"V = Y \odot (D - \mathbf{1} \, \mathbf{1}^{\top} \, (D \odot Y))",
    ),
}  # fmt: skip
WITHOUT = (
    "v[n,j] = sum[i](tanh(x[n,i] + W[i,j]))",
    "v[n,j] = where(y[n,j] > 0, y[n,j], 0)",
    "v[n,j] = max[k](y[n,k])",
    "v = sum[n,j](y[n,j])",
)


@pytest.mark.parametrize("text", CASES, ids=list(CASES))
@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_text(text: str, layout: str) -> None:
    assert latex(text, layout) == CASES[text][layout == "columns"]


@pytest.mark.parametrize("text", WITHOUT)
def test_what_has_no_matrix_form_gives_none(text: str) -> None:
    assert latex(text, "rows") is None


def test_leading_axes_that_do_not_stand_together_have_no_matrix_form() -> None:
    tensors = tuple(TensorSource.read(t) for t in ("x[n,t1,i]", "W[i,j]"))

    def made(text: str) -> MatrixEquation | None:
        source = FormulaSource(text, tensors, leading=("n",))
        return MatrixPrinter(Names(), "rows", ("n", "t1")).equation(elaborate(source).equations[0])

    whole = made("y[n,t1,j] = sum[i](x[n,t1,i]*W[i,j])")
    assert whole is not None
    assert whole.right.latex == r"X \, W"
    total = made("y[i] = sum[n,t1](x[n,t1,i])")
    assert total is not None
    assert total.right.latex == r"\mathbf{1}^{\top} \, X"
    assert made("y[n,i] = sum[t1](x[n,t1,i])") is None
    assert made("y[t1,n,i] = x[n,t1,i]") is None


def test_a_power_that_is_no_number_has_no_matrix_form() -> None:
    e = formula("v[i,j] = sum[n](d[n,j]*x[n,i])")
    power = Pow(Ref("x", e.lhs.at), Sym("beta", "constant"))
    assert MatrixPrinter(Names(), "rows").equation(Equation(e.lhs, power)) is None


def test_shapes() -> None:
    e = formula("v[i,j] = sum[n](d[n,j]*x[n,i])")
    for layout, names in (("rows", ["I", "J"]), ("columns", ["J", "I"])):
        made = MatrixPrinter(Names(), layout).equation(e)
        assert made is not None
        assert [s.name for s in made.shape if isinstance(s, Sym)] == names


# --- numbers: a reader of the printed matrices, and an evaluator of the index form ---


class Reader:
    """Evaluates the LaTeX of a matrix form.  Elementwise operators bind less tightly than products of matrices."""

    TOKEN = re.compile(
        r"\\(?:odot|oslash|frac|tanh|top|mathbf\{1\}|operatorname\{diag\}|,|circ)|[A-Za-z]|\d+|[-+(){}^]"
    )

    def __init__(self, text: str, values: Mapping[str, np.ndarray]) -> None:
        self.tokens, self.values, self.at = self.TOKEN.findall(text), values, 0
        self.tokens = [t for t in self.tokens if t != r"\,"]

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def sum(self) -> np.ndarray:
        sign = -1 if self.peek() == "-" else 1
        if sign < 0:
            self.take()
        total = sign * self.elementwise()
        while self.peek() in ("+", "-"):
            total = total + self.elementwise() if self.take() == "+" else total - self.elementwise()
        return total

    def elementwise(self) -> np.ndarray:
        made = self.product()
        while self.peek() in (r"\odot", r"\oslash"):
            made = made * self.product() if self.take() == r"\odot" else made / self.product()
        return made

    def product(self) -> np.ndarray:
        factors = [self.power()]
        while self.peek() and self.peek() not in ("+", "-", ")", "}", r"\odot", r"\oslash"):
            factors.append(self.power())
        return chained(factors)

    def power(self) -> np.ndarray | str:
        base = self.atom()
        if self.peek() != "^":
            return base
        self.take(), self.take()
        kind = self.take()
        if kind == r"\top":
            done = "ones.T" if isinstance(base, str) else base.T
        elif kind == r"\circ":
            done = np.asarray(base) ** int(self.take())
        else:
            assert (kind, self.take()) == ("-", "1")
            done = np.linalg.inv(np.asarray(base))
        assert self.take() == "}"
        return done

    def atom(self) -> np.ndarray | str:
        token = self.take()
        if token == r"\mathbf{1}":
            return "ones"
        if token == "(":
            inner = self.sum()
            assert self.take() == ")"
            return inner
        if token == r"\frac":
            parts = []
            for _ in range(2):
                assert self.take() == "{"
                parts.append(self.sum())
                assert self.take() == "}"
            return parts[0] / parts[1]
        if token in (r"\tanh", r"\operatorname{diag}"):
            inside = self.atom()
            return np.tanh(inside) if token == r"\tanh" else np.diag(np.ravel(np.asarray(inside)))
        return np.array(float(token)) if token.isdigit() else self.values[token]


def chained(factors: list[np.ndarray | str]) -> np.ndarray:
    """A product of matrices.  Ones fit what they are multiplied with; at a free end they are as long as N or J."""
    scale = np.array(1.0)
    whole: np.ndarray | None = None
    for k, f in enumerate(factors):
        if not isinstance(f, str) and np.ndim(f) == 0:
            scale = scale * f
            continue
        after = factors[k + 1] if k + 1 < len(factors) else None
        m = ones(f, whole, after) if isinstance(f, str) else f
        whole = m if whole is None else whole @ m
    return scale if whole is None else scale * whole


def ones(kind: str, before: np.ndarray | None, after: np.ndarray | str | None) -> np.ndarray:
    """``1`` is a column, ``1^T`` a row."""
    if kind == "ones":
        size = before.shape[1] if before is not None else SIZES["J" if isinstance(after, str) else "N"]
        return np.ones((size, 1))
    if isinstance(after, np.ndarray):
        return np.ones((1, after.shape[0]))
    return np.ones((1, SIZES["J" if before is not None and before.shape[0] == SIZES["N"] else "N"]))


FUNCTIONS: dict[str, Callable[[float], float]] = {"tanh": np.tanh}


def value(node: Expr, env: Mapping[Index, int], data: Mapping[str, np.ndarray]) -> float:
    """The value of a formula at one place."""
    match node:
        case Num(value=v):
            return float(v)
        case Sym(name=name):
            return float(SIZES.get(name, 0) or data[name])
        case Ref(name=name, at=at):
            return float(data[name][tuple(env[a] for a in at if isinstance(a, Index))])
        case Add(args=args):
            return sum(value(a, env, data) for a in args)
        case Mul(args=args):
            return float(np.prod([value(a, env, data) for a in args]))
        case Pow(base=base, exponent=exponent):
            return value(base, env, data) ** value(exponent, env, data)
        case Call(function=f, args=args):
            return float(FUNCTIONS[f](value(args[0], env, data)))
        case Reduce(bound=bound, body=body):
            places = product(*(range(size(b)) for b in bound))
            return sum(value(body, {**env, **dict(zip(bound, at, strict=True))}, data) for at in places)
    raise AssertionError(node)


def size(index: Index) -> int:
    assert isinstance(index.size, Sym)
    return SIZES[index.size.name]


def values(e: Equation, layout: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Random arrays for all that an equation reads: by name for the index form, and as matrices of the layout."""
    rng = np.random.default_rng(0)
    data = {"a": np.array(0.7), "e": np.array(0.3)}
    matrices = {**data, **{name: np.array(float(size)) for name, size in SIZES.items()}}
    for name in sorted({r.name for r in walk(e.rhs) if isinstance(r, Ref)}):
        letters = next(t[2:-1].split(",") for t in TENSORS if t.startswith(name + "["))
        data[name] = array = rng.uniform(0.5, 1.5, [SIZES[letter.upper()] for letter in letters])
        if array.ndim == 2:
            matrices[name.upper()] = array if layout == "rows" else array.T
        else:
            upright = (letters == ["n"]) == (layout == "rows")
            matrices[name] = array[:, None] if upright else array[None, :]
    return data, matrices


@pytest.mark.parametrize("text", CASES, ids=list(CASES))
@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_a_matrix_form_means_what_the_index_form_means(text: str, layout: str) -> None:
    e, printer = formula(text), MatrixPrinter(Names(), layout)
    data, matrices = values(e, layout)
    made = printer.equation(e)
    assert made is not None
    got = Reader(made.right.latex, matrices).sum()
    want = np.zeros([size(i) for i in e.indices])
    for at in product(*(range(size(i)) for i in e.indices)):
        want[at] = value(e.rhs, dict(zip(e.indices, at, strict=True)), data)
    rows, columns = printer.oriented(e.indices)
    whole = want if want.ndim == 2 else want[:, None] if rows is not None else want[None, :]
    whole = whole.T if want.ndim == 2 and layout == "columns" else whole
    assert columns is not None or rows is not None
    np.testing.assert_allclose(np.broadcast_to(got, whole.shape), whole, rtol=1e-12)
