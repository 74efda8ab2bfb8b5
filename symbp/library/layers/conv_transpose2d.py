"""Transposed convolution over an image: the adjoint of a convolution, which widens its input."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

DECLARATION = Layer(
    type="conv_transpose2d",
    summary="every place of an image adds a weighted kernel to a window of the output; and a bias",
    source="Zeiler, Krishnan, Taylor and Fergus, Deconvolutional networks, 2010; torch.nn.ConvTranspose2d",
    inputs=("x[n,(g c),h,w]",),
    output="y[n,(g o),p,q]",
    formulas=(
        Formula(
            plain="y[n,g,o,p,q] = sum[c,h,w,u,v](x[n,g,c,h,w]*K[g,c,o,u,v]"
            "*[p == stride_h*h + dilation_h*u - padding_h]*[q == stride_w*w + dilation_w*v - padding_w]){bias}"
        ),
    ),
    pieces=(Piece("bias", " + b[g,o]", when=(("bias", True),)),),
    sizes=(("filters", "(g o)"), ("groups", "g"), ("kernel_h", "u"), ("kernel_w", "v")),
    extents=(
        ("p", "stride_h*(H - 1) + dilation_h*(U - 1) + output_padding_h + 1 - 2*padding_h"),
        ("q", "stride_w*(W - 1) + dilation_w*(V - 1) + output_padding_w + 1 - 2*padding_w"),
    ),
    parameters=(
        Parameter("K", "[(g c),o,u,v]", "glorot_uniform", doc="the kernels", fan_in="C*U*V", fan_out="O*U*V"),
        Parameter("b", "[(g o)]", "zeros", when="bias", doc="the biases"),
    ),
    keys=(
        Key("filters", "size", minimum=1, doc="the number of output channels"),
        Key("kernel", "integers", minimum=1, dims=("h", "w"), doc="the size of the window"),
        Key("stride", "integers", 1, minimum=1, dims=("h", "w"), doc="the step from window to window"),
        Key("padding", "integers", 0, minimum=0, dims=("h", "w"), doc="places cut off at each end of the output"),
        Key("output_padding", "integers", 0, minimum=0, dims=("h", "w"), doc="places added at the end of the output"),
        Key("dilation", "integers", 1, minimum=1, dims=("h", "w"), doc="the step within a window"),
        Key("groups", "integer", 1, minimum=1, doc="parts of the channels, each with filters of its own"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
    ),
)
