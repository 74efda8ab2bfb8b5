"""The pieces that bodies are made of: functions that NumPy lacks, products, views, long lines."""

from __future__ import annotations

import doctest
import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from symbp.emit import alignment, wrapping
from symbp.emit.alignment import aligned, subscripts
from symbp.emit.model import Function, Line
from symbp.emit.primitives import INTO, PLAIN
from symbp.emit.products import Operand, product_call
from symbp.emit.reshaping import reshaped
from symbp.emit.wrapping import ROOM, bound, statement
from symbp.lower.model import Axis, Product, Read


def compiled(function: Function, **names: Any) -> Any:
    body = "\n".join("    " * (line.indent + 1) + line.text for line in function.lines)
    scope = {"np": np, "Array": Any, **names}
    exec(f"def {function.name}({function.signature}):\n{body}\n", scope)
    return scope[function.name]


POINTS = np.concatenate([np.linspace(-30, 30, 2400), np.geomspace(1e-300, 1, 200), -np.geomspace(1e-300, 1, 200)])


def erf(z: np.ndarray, form: str) -> np.ndarray:
    if form == "plain":
        return compiled(PLAIN["erf"])(z)
    out = np.empty_like(z)
    compiled(INTO["erf"])(z, np.empty((3, *z.shape), z.dtype), np.empty(z.shape, bool), out)
    return out


@pytest.mark.parametrize("form", ["plain", "into"])
def test_erf_to_the_last_digits(form: str) -> None:
    exact = np.array([math.erf(v) for v in POINTS])
    assert np.abs(erf(POINTS, form) / exact - 1).max() < 1e-15
    assert erf(np.zeros(1), form) == 0
    single = erf(POINTS.astype(np.float32), form)
    assert single.dtype == np.float32 and np.abs(single - exact).max() < 2e-7


@pytest.mark.parametrize("form", ["plain", "into"])
def test_erf_differentiates_by_the_complex_step(form: str) -> None:
    z = np.linspace(-5.5, 5.5, 301)
    slope = erf(z + 1e-200j, form).imag / 1e-200
    assert np.allclose(slope, 2 / math.sqrt(math.pi) * np.exp(-(z**2)), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("table", [PLAIN, INTO], ids=["plain", "into"])
def test_sigmoid_for_both_signs(table: dict[str, Function]) -> None:
    sigmoid = compiled(table["sigmoid"])
    with np.errstate(all="raise", under="ignore"):
        for dtype, relative in ((np.float64, 1e-15), (np.float32, 1e-6)):
            z = np.linspace(-80, 80, 1601).astype(dtype)
            exact = np.array([1 / (1 + math.exp(-float(v))) for v in z])
            assert np.abs(sigmoid(z) / exact - 1).max() < relative
            far = sigmoid(np.array([-1e4, 1e4], dtype))
            assert far[0] < 1e-37 and far[1] == 1
    assert np.isfinite(sigmoid(np.array([-1e4, 1e4]) + 1e-200j)).all()
    slope = sigmoid(np.array([-3.0, 0.0, 3.0]) + 1e-200j).imag / 1e-200
    assert np.allclose(slope, [s * (1 - s) for s in (1 / (1 + math.exp(-v)) for v in (-3, 0, 3))], rtol=1e-14)


def test_absolute_and_softplus() -> None:
    z = np.array([-2.0, 0.0, 3.0]) + 1e-200j
    assert np.allclose(compiled(PLAIN["abs"])(z).imag / 1e-200, [-1, 1, 1])
    far = compiled(PLAIN["softplus"])(np.array([-1e4, -30.0, 0.0, 1e4], np.float32))
    assert np.allclose(far, [0, math.exp(-30), math.log(2), 1e4], rtol=1e-6)


N, T, I, J, O = (  # noqa: E741
    Axis(c, s) for c, s in (("n", "n"), ("t", "T"), ("i", 3), ("j", 4), ("o", 5))
)
SHAPES = {"n": 2, "T": 6}
PRODUCTS = [
    ((N, I), (I, J), (I,), (N, J), "np.dot(a, b, out=out)"),
    ((N, J), (I, J), (J,), (N, I), "np.dot(a, b.T, out=out)"),
    ((N, I), (N, J), (N,), (I, J), "np.dot(a.T, b, out=out)"),
    ((N, I), (N, J), (N,), (J, I), "np.dot(b.T, a, out=out)"),
    ((N, I), (I,), (I,), (N,), "np.dot(a, b, out=out)"),
    ((N,), (N, J), (N,), (J,), "np.dot(a, b, out=out)"),
    ((N, T, I), (I, J), (I,), (N, T, J), "np.dot(a.reshape(-1, 3), b, out=out.reshape(-1, 4))"),
    ((N, T, I), (N, T, J), (N, T), (I, J), "np.dot(a.reshape(-1, 3).T, b.reshape(-1, 4), out=out)"),
    ((N, O, I), (N, J), (N,), (O, I, J), "np.dot(a.reshape(-1, 15).T, b, out=out.reshape(-1, 4))"),
    ((N, O, I), (N, I), (I,), (N, O), "np.matmul(a, b.reshape(-1, 3, 1), out=out.reshape(-1, 5, 1))"),
    ((N, I), (O, I, J), (I,), (N, O, J), 'np.einsum("ni,oij->noj", a, b, out=out)'),
    ((N, I), (O, I, J), (I,), (O, N, J), "np.matmul(a, b, out=out)"),
    ((O, I, J), (I, N), (I,), (O, N, J), "np.matmul(b.T, a, out=out)"),
]


class Views:
    """A body without a workspace."""

    def in_shape(self, text: str, *groups: Sequence[Axis] | None) -> str:
        body: Any = SimpleNamespace(arrays={}, extent=lambda axis: str(axis.size))
        return reshaped(body, text, groups)


@pytest.mark.parametrize(("left", "right", "over", "out", "text"), PRODUCTS)
def test_products(left: tuple, right: tuple, over: tuple, out: tuple, text: str) -> None:
    node = Product(Read("a", left), Read("b", right), over)
    sides = (Operand("a", node.left.axes), Operand("b", node.right.axes))
    call = product_call(node, *sides, Operand("out", out), Views())
    assert call == text
    rng = np.random.default_rng(0)
    a, b, result = (rng.random([x if isinstance(x := axis.size, int) else SHAPES[x] for axis in axes])
                    for axes in (left, right, out))  # fmt: skip
    exec(call, {"np": np, "a": a, "b": b, "out": result, "n": 2})
    letters = ",".join("".join(axis.letter for axis in axes) for axes in (left, right))
    assert np.allclose(result, np.einsum(f"{letters}->{''.join(x.letter for x in out)}", a, b))


def test_views_put_axes_where_they_are_wanted() -> None:
    assert aligned("W", (I, J, O), (J, I, O)) == "W.transpose(1, 0, 2)"
    assert aligned("m", (N,), (N, I, J)) == "m[..., None, None]"
    assert aligned("b", (I,), (N, I, J)) == "b[:, None]"
    assert aligned("c", (N, J), (N, I, J)) == "c[:, None, :]"
    assert subscripts((N, Axis("n2", 3)), (Axis("n2", 3),)) == ["na", "a"]


def test_short_statements_stay_and_long_ones_break() -> None:
    assert statement("a = b", "1.1") == [Line("a = b", "1.1")]
    long = "a = ws.a = " + " + ".join(f"np.multiply(term_{i}, other_{i}[:, None])" for i in range(6))
    rows = statement(long, "2.1")
    assert rows[0] == Line("a = ws.a = (", "2.1") and rows[-1] == Line(")")
    assert all(len(r.text) + 4 * r.indent <= ROOM and not r.equation for r in rows[1:])
    joined = "\n".join("    " * r.indent + r.text for r in rows)
    compile(joined, "<broken>", "exec")
    nested = "x = np.where(" + ", ".join(f"condition_{i} * (first_{i} + second_{i})" for i in range(3)) + ")"
    assert statement(nested, "")[0].text == "x = np.where("


def test_names_are_bound_in_rows() -> None:
    rows = bound([f"value_{i}" for i in range(20)])
    assert all(len(r.text) <= ROOM for r in rows) and rows[0].text.startswith("value_0, value_1")
    assert bound([]) == []


def test_examples_in_docstrings() -> None:
    for module in (alignment, wrapping):
        assert doctest.testmod(module).failed == 0
