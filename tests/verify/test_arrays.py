"""The slow evaluator computes what the formulas say: against NumPy and loops written for each case."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from symbp.notation.elaborate import elaborate
from symbp.notation.functions import FUNCTIONS, REDUCTIONS
from symbp.notation.source import FormulaSource, TensorSource
from symbp.verify import arrays
from symbp.verify.arrays import Values

Array = npt.NDArray[np.float64]
RNG = np.random.default_rng(5)


def solved(formula: str, given: dict[str, tuple[str, npt.NDArray[np.generic]]], **constants: float) -> Array:
    """The last equation of a formula; `given` maps a name to its letters and its array."""
    tensors = tuple(
        TensorSource(name, tuple(letters.split()), "input", integer=array.dtype.kind == "i")
        for name, (letters, array) in given.items()
    )
    found = elaborate(FormulaSource(formula, tensors, constants=tuple(constants), sized=("p", "q", "j")))
    values = {name: array for name, (_, array) in given.items()}
    sizes = {"P": 3, "Q": 2, "J": 4}
    for tensor in found.tensors:
        if tensor.name in values:
            for index, size in zip(tensor.indices, values[tensor.name].shape, strict=True):
                sizes[index.size.name] = size  # type: ignore[union-attr]
    for equation in found.equations:
        values[equation.name] = Values(values, sizes, constants).solve(equation)
    return values[found.equations[-1].name].astype(np.float64)


X, W, B, C = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=4), RNG.normal(size=(5, 4))
S, LABELS = RNG.normal(size=(5, 7)), RNG.integers(0, 4, 5)
SOFTMAX = np.exp(C) / np.exp(C).sum(axis=1, keepdims=True)


def convolved() -> Array:
    """Kernel of size 2, stride 2, one place of padding in front: places 2p + u - 1, outside of which x is 0."""
    y = np.zeros((5, 3))
    for p in range(3):
        for u in range(2):
            if 0 <= 2 * p + u - 1 < 7:
                y[:, p] += B[u] * S[:, 2 * p + u - 1]
    return y


def pooled() -> Array:
    return np.stack([S[:, max(2 * p - 1, 0) : 2 * p + 1].max(axis=1) for p in range(3)], axis=1)


CASES: dict[str, tuple[str, dict[str, tuple[str, npt.NDArray[np.generic]]], Callable[[], Array]]] = {
    "dense": (
        "y[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]",
        {"x": ("n i", X), "W": ("i j", W), "b": ("j", B)},
        lambda: X @ W + B,
    ),
    "softmax": ("y[n,j] = exp(x[n,j]) / sum[k](exp(x[n,k]))", {"x": ("n j", C)}, lambda: SOFTMAX),
    "mean": (
        "m[n] = mean[k](x[n,k]);y = mean[n,k]((x[n,k] - m[n])**2)",
        {"x": ("n k", X)},
        lambda: X.var(axis=1).mean(),
    ),
    "sum of what is constant": ("y[n] = sum[j](2*x[n])", {"x": ("n", X[:, 0])}, lambda: 8 * X[:, 0]),
    "label": (
        "p[n,j] = exp(x[n,j]) / sum[k](exp(x[n,k]));y = -mean[n](log(p[n,t[n]]))",
        {"x": ("n j", C), "t": ("n", LABELS)},
        lambda: -np.log(SOFTMAX[np.arange(5), LABELS]).mean(),
    ),
    "delta": (
        "y[n,j] = [t[n] == j]*x[n,j]",
        {"x": ("n j", C), "t": ("n", LABELS)},
        lambda: C * (LABELS[:, None] == np.arange(4)),
    ),
    "window": (
        "y[n,p] = sum[u](x[n,2*p+u-1]*k[u])",
        {"x": ("n h", S), "k": ("u", B[:2])},
        convolved,
    ),
    "max over a window": ("y[n,p] = max[q](x[n,2*p+q-1])", {"x": ("n h", S)}, pooled),
    "bilinear": (
        "y[n,o] = sum[i,j](x[n,i]*W[o,i,j]*z[n,j])",
        {"x": ("n i", X), "W": ("o i j", RNG.normal(size=(2, 3, 4))), "z": ("n j", C)},
        lambda: np.einsum("ni,oij,nj->no", X, CASES["bilinear"][1]["W"][1], C),
    ),
    "choices": (
        "y[n,j] = where(x[n,j] > a, min(x[n,j], 1), abs(x[n,j])**2) + max(0, -x[n,j])",
        {"x": ("n j", C)},
        lambda: np.where(C > 0.25, np.minimum(C, 1), C**2) + np.maximum(0, -C),
    ),
}


def test_every_function_and_reduction_of_the_language_is_there() -> None:
    assert set(FUNCTIONS) == set(arrays.FUNCTIONS)
    assert set(REDUCTIONS) == set(arrays.REDUCTIONS)


@pytest.mark.parametrize("budget", [arrays.BUDGET, 1, 7, 31])
@pytest.mark.parametrize("name", CASES)
def test_a_formula_has_the_value_of_its_numpy_form(name: str, budget: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the sums are taken in blocks."""
    formula, given, expected = CASES[name]
    monkeypatch.setattr(arrays, "BUDGET", budget)
    constants = {"a": 0.25} if "> a" in formula else {}
    np.testing.assert_allclose(
        solved(formula.replace(";", "\n"), given, **constants), expected(), rtol=1e-14, atol=1e-15
    )


@pytest.mark.parametrize("case", CASES)
def test_views_hold_what_is_read_place_by_place(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    formula, given, _ = CASES[case]
    found = solved(formula, given, a=0.2)
    monkeypatch.setattr(arrays, "_part", lambda array, node, axes: None)
    assert np.array_equal(found, solved(formula, given, a=0.2))


def test_powers_are_those_of_numpy() -> None:
    base = np.abs(RNG.normal(size=50)).astype(arrays.Real) + 0.1
    for value, function in arrays.POWERS.items():
        assert np.allclose(function(base), np.power(base, arrays.Real(float(value))), rtol=1e-17, atol=0)
