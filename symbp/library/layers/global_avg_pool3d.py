"""The mean of each channel of a volume."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="global_avg_pool3d",
    summary="the mean of each channel of a volume",
    source="Lin, Chen and Yan, Network in network, 2013",
    inputs=("x[n,c,d,h,w]",),
    formulas=(Formula(plain="y[n,c] = mean[d,h,w](x[n,c,d,h,w])"),),
)
