"""The hinge loss."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="hinge",
    summary="how far t*y stays below 1, for targets -1 and 1; the mean over samples and outputs",
    source="Cortes and Vapnik, Support-vector networks, 1995",
    formulas=(Formula(plain="L = mean[n,j](max(0, 1 - t[n,j]*y[n,j]))"),),
    target_range="-1 or 1",
    score="sign_accuracy",
    predict="sign",
    subgradient="the derivative at `t*y = 1` is 0",
)
