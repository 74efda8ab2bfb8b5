"""The maximum of each window of an image."""

from symbp.library.declaration import Formula, Key, Layer, Requirement

FIRST = "the first window would lie in the padding alone: {least} places, where {most} at most can stand"
LAST = "the last window would lie in the padding alone: it starts at place {least}, the last of the input is {most}"
BEYOND = "a window would step over the whole input: from its first place to its last are {least}, {most} at most can be"

DECLARATION = Layer(
    type="max_pool2d",
    summary="the maximum of each window of an image; places outside never win",
    source="Riesenhuber and Poggio, Hierarchical models of object recognition in cortex, 1999; torch.nn.MaxPool2d",
    inputs=("x[n,c,h,w]",),
    formulas=(
        Formula(
            plain="y[n,c,p,q] = max[u,v](x[n,c,stride_h*p + dilation_h*u - padding_h,"
            "stride_w*q + dilation_w*v - padding_w])"
        ),
    ),
    sizes=(("size_h", "u"), ("size_w", "v")),
    extents=(
        ("p", "(H + padding_h + after_h - dilation_h*(U - 1) - 1)//stride_h + 1"),
        ("q", "(W + padding_w + after_w - dilation_w*(V - 1) - 1)//stride_w + 1"),
    ),
    keys=(
        Key("size", "integers", minimum=1, dims=("h", "w"), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("h", "w"), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("h", "w"), doc="places around the input"),
        Key("dilation", "integers", 1, minimum=1, dims=("h", "w"), doc="the step within a window"),
    ),
    subgradient="the first maximum of a window, in row-major order, has the gradient",
    requires=(
        Requirement("padding", "padding_h", "dilation_h*(U - 1)", FIRST),
        Requirement(
            "padding",
            "stride_h*((H + padding_h + after_h - dilation_h*(U - 1) - 1)//stride_h) - padding_h",
            "H - 1",
            LAST,
        ),
        Requirement("dilation", "dilation_h*(U - 1)", "H*(U - 1)", BEYOND),
        Requirement("padding", "padding_w", "dilation_w*(V - 1)", FIRST),
        Requirement(
            "padding",
            "stride_w*((W + padding_w + after_w - dilation_w*(V - 1) - 1)//stride_w) - padding_w",
            "W - 1",
            LAST,
        ),
        Requirement("dilation", "dilation_w*(V - 1)", "W*(V - 1)", BEYOND),
    ),
)
