"""The maximum of each window of a sequence."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="max_pool1d",
    summary="the maximum of each window of a sequence; places outside never win",
    source="Riesenhuber and Poggio, Hierarchical models of object recognition in cortex, 1999; torch.nn.MaxPool1d",
    inputs=("x[n,t,f]",),
    formulas=(Formula(plain="y[n,p,f] = max[u](x[n,stride_t*p + dilation_t*u - padding_t,f])"),),
    sizes=(("size_t", "u"),),
    extents=(("p", "(T + padding_t + after_t - dilation_t*(U - 1) - 1)//stride_t + 1"),),
    keys=(
        Key("size", "integers", minimum=1, dims=("t",), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("t",), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("t",), doc="places around the input"),
        Key("dilation", "integers", 1, minimum=1, dims=("t",), doc="the step within a window"),
    ),
    subgradient="the first maximum of a window, in row-major order, has the gradient",
)
