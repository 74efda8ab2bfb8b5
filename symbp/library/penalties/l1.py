"""The sum of the absolute weights."""

from symbp.library.declaration import Penalty

DECLARATION = Penalty(
    type="l1",
    summary="a times the sum of the absolute weights, biases left out",
    source="Tibshirani, Regression shrinkage and selection via the lasso, 1996",
    formula="a*abs(w)",
    subgradient="the derivative at `w = 0` is 0",
)
