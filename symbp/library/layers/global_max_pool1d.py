"""The maximum of each feature of a sequence."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="global_max_pool1d",
    summary="the maximum of each feature of a sequence over all steps",
    source="Lin, Chen and Yan, Network in network, 2013",
    inputs=("x[n,t,f]",),
    formulas=(Formula(plain="y[n,f] = max[t](x[n,t,f])"),),
    subgradient="the first maximum, in row-major order, has the gradient",
)
