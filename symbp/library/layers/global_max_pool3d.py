"""The maximum of each channel of a volume."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="global_max_pool3d",
    summary="the maximum of each channel of a volume",
    source="Lin, Chen and Yan, Network in network, 2013",
    inputs=("x[n,c,d,h,w]",),
    formulas=(Formula(plain="y[n,c] = max[d,h,w](x[n,c,d,h,w])"),),
    subgradient="the first maximum, in row-major order, has the gradient",
)
