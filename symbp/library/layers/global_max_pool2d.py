"""The maximum of each channel of an image."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="global_max_pool2d",
    summary="the maximum of each channel of an image",
    source="Lin, Chen and Yan, Network in network, 2013",
    inputs=("x[n,c,h,w]",),
    formulas=(Formula(plain="y[n,c] = max[h,w](x[n,c,h,w])"),),
    subgradient="the first maximum, in row-major order, has the gradient",
)
