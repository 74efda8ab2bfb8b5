"""The mean absolute error."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="mae",
    summary="the mean of the absolute errors over samples and outputs",
    source="Laplace, Sur quelques points du systeme du monde, 1793; torch.nn.L1Loss",
    formulas=(Formula(plain="L = mean[n,j](abs(y[n,j] - t[n,j]))"),),
    subgradient="the derivative at `y = t` is 0",
)
