"""Half the squared error of each sample."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="half_squared_error",
    summary="half the sum of the squared errors over outputs, averaged over samples",
    source="Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986",
    formulas=(Formula(plain="L = 1/2*mean[n](sum[j]((y[n,j] - t[n,j])**2))"),),
)
