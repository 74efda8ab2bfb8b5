"""The negative log-likelihood of a normal distribution."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="gaussian_nll",
    summary="minus the log-likelihood of normal errors of a given variance, without log(2 pi)/2; mean over everything",
    source="Nix and Weigend, Estimating the mean and variance of the target probability distribution, 1994; PyTorch",
    formulas=(Formula(plain="L = 1/2*mean[n,j](log(variance) + (y[n,j] - t[n,j])**2/variance)"),),
    keys=(Key("variance", "number", 1.0, minimum=0.0, open_minimum=True, doc="the variance of the errors"),),
)
