"""The pure loss and gradient under scipy.optimize reach the coefficients that scikit-learn's exact solvers find."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge

from .made import example

Array = npt.NDArray[Any]


def standardised(load: Any) -> tuple[Array, Array]:
    x, y = load(return_X_y=True)
    return (x - x.mean(axis=0)) / x.std(axis=0), y


def minimum(module: ModuleType, x: Array, y: Array) -> tuple[Array, Array]:
    """Weights and biases where the loss is least, from zeros."""
    start = np.zeros(module.SIZE)
    found = minimize(
        module.loss_and_grad, start, (x, y), "L-BFGS-B", jac=True, options={"maxiter": 10_000, "ftol": 0, "gtol": 1e-12}
    )
    (_, weights), (_, biases) = module.PARAMETERS.items()
    at = int(np.prod(weights))
    return found.x[:at].reshape(weights), found.x[at:].reshape(biases)


def near(found: Array, wanted: Array) -> None:
    assert np.linalg.norm(found - wanted) <= 1e-5 * np.linalg.norm(wanted)


def test_ridge_regression() -> None:
    """The spec has l2 = 1e-3 on a mean over n samples: Ridge's alpha on a sum is n l2/2."""
    x, y = standardised(load_diabetes)
    w, b = minimum(example("diabetes"), x, y)
    exact = Ridge(alpha=len(x) * 1e-3 / 2, solver="cholesky").fit(x, y)
    near(w[:, 0], exact.coef_)
    near(b, np.atleast_1d(exact.intercept_))


def test_logistic_regression() -> None:
    """The spec's l2 is 1/n, which is scikit-learn's C = 1."""
    x, y = standardised(load_breast_cancer)
    w, b = minimum(example("breast_cancer"), x, y)
    exact = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)
    near(w[:, 0], exact.coef_[0])
    near(b, exact.intercept_)


def test_softmax_regression() -> None:
    """Adding one number to all biases changes nothing, so they are compared without their mean."""
    x, y = standardised(load_iris)
    w, b = minimum(example("iris"), x, y)
    exact = LogisticRegression(solver="newton-cg", tol=1e-12, max_iter=1000).fit(x, y)
    near(w.T, exact.coef_)
    near(b - b.mean(), exact.intercept_ - exact.intercept_.mean())


@pytest.mark.parametrize("name", ["diabetes", "breast_cancer", "iris"])
def test_the_specs_have_one_weight_and_one_bias(name: str) -> None:
    assert [len(shape) for shape in example(name).PARAMETERS.values()] == [2, 1]
