"""The windows of an image as columns."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="unfold",
    summary="every window of an image as a column: the axes are [channel and place in the window, window]",
    source="Chellapilla, Puri and Simard, High performance convolutional neural networks for document processing, "
    "2006; torch.nn.Unfold",
    inputs=("x[n,c,h,w]",),
    output="y[n,(c u v),(p q)]",
    formulas=(
        Formula(
            plain="y[n,c,u,v,p,q] = x[n,c,stride_h*p + dilation_h*u - padding_h,stride_w*q + dilation_w*v - padding_w]"
        ),
    ),
    sizes=(("kernel_h", "u"), ("kernel_w", "v")),
    extents=(
        ("p", "(H + padding_h + after_h - dilation_h*(U - 1) - 1)//stride_h + 1"),
        ("q", "(W + padding_w + after_w - dilation_w*(V - 1) - 1)//stride_w + 1"),
    ),
    keys=(
        Key("kernel", "integers", minimum=1, dims=("h", "w"), doc="the size of the window"),
        Key("stride", "integers", 1, minimum=1, dims=("h", "w"), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("h", "w"), doc="zeros around the input"),
        Key("dilation", "integers", 1, minimum=1, dims=("h", "w"), doc="the step within a window"),
    ),
)
