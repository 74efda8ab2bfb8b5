"""The squared hinge loss."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="squared_hinge",
    summary="the square of how far t*y stays below 1, for targets -1 and 1; the mean over samples and outputs",
    source="Lee and Mangasarian, SSVM: a smooth support vector machine, 2001",
    formulas=(Formula(plain="L = mean[n,j](max(0, 1 - t[n,j]*y[n,j])**2)"),),
    target_range="-1 or 1",
    score="sign_accuracy",
    predict="sign",
)
