"""The mean of each feature of a sequence."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="global_avg_pool1d",
    summary="the mean of each feature of a sequence over all steps",
    source="Lin, Chen and Yan, Network in network, 2013",
    inputs=("x[n,t,f]",),
    formulas=(Formula(plain="y[n,f] = mean[t](x[n,t,f])"),),
)
