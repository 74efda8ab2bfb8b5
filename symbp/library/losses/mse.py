"""The mean squared error."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="mse",
    summary="the mean of the squared errors over samples and outputs",
    source="Gauss, Theoria motus corporum coelestium, 1809",
    formulas=(Formula(plain="L = mean[n,j]((y[n,j] - t[n,j])**2)"),),
)
