"""The maximum of each window of a sequence."""

from symbp.library.declaration import Formula, Key, Layer, Requirement

FIRST = "the first window would lie in the padding alone: {least} places, where {most} at most can stand"
LAST = "the last window would lie in the padding alone: it starts at place {least}, the last of the input is {most}"
BEYOND = "a window would step over the whole input: from its first place to its last are {least}, {most} at most can be"

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
    requires=(
        Requirement("padding", "padding_t", "dilation_t*(U - 1)", FIRST),
        Requirement(
            "padding",
            "stride_t*((T + padding_t + after_t - dilation_t*(U - 1) - 1)//stride_t) - padding_t",
            "T - 1",
            LAST,
        ),
        Requirement("dilation", "dilation_t*(U - 1)", "T*(U - 1)", BEYOND),
    ),
)
