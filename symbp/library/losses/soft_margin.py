"""The logistic loss."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="soft_margin",
    summary="log(1 + exp(-t*y)), for targets -1 and 1; the mean over samples and outputs",
    source="Hastie, Tibshirani and Friedman, The elements of statistical learning, 10.5; torch.nn.SoftMarginLoss",
    formulas=(
        Formula(
            plain="L = mean[n,j](log(1 + exp(-t[n,j]*y[n,j])))",
            safe="L = mean[n,j](softplus(-t[n,j]*y[n,j]))",
        ),
    ),
    target_range="-1 or 1",
    score="sign_accuracy",
    predict="sign",
)
