"""The mean of each channel of an image."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="global_avg_pool2d",
    summary="the mean of each channel of an image",
    source="Lin, Chen and Yan, Network in network, 2013",
    inputs=("x[n,c,h,w]",),
    formulas=(Formula(plain="y[n,c] = mean[h,w](x[n,c,h,w])"),),
)
