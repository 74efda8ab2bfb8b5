"""Transposed convolution over a sequence: the adjoint of a convolution, which widens its input."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

DECLARATION = Layer(
    type="conv_transpose1d",
    summary="every place of a sequence adds a weighted kernel to a window of the output; and a bias",
    source="Zeiler, Krishnan, Taylor and Fergus, Deconvolutional networks, 2010; torch.nn.ConvTranspose1d",
    inputs=("x[n,t,(g c)]",),
    output="y[n,p,(g o)]",
    formulas=(
        Formula(
            plain="y[n,p,g,o] = sum[c,t,u](x[n,t,g,c]*K[g,c,o,u]*[p == stride_t*t + dilation_t*u - padding_t]){bias}"
        ),
    ),
    pieces=(Piece("bias", " + b[g,o]", when=(("bias", True),)),),
    sizes=(("filters", "(g o)"), ("groups", "g"), ("kernel_t", "u")),
    extents=(("p", "stride_t*(T - 1) + dilation_t*(U - 1) + output_padding_t + 1 - 2*padding_t"),),
    parameters=(
        Parameter("K", "[(g c),o,u]", "glorot_uniform", doc="the kernels", fan_in="C*U", fan_out="O*U"),
        Parameter("b", "[(g o)]", "zeros", when="bias", doc="the biases"),
    ),
    keys=(
        Key("filters", "size", minimum=1, doc="the number of output channels"),
        Key("kernel", "integers", minimum=1, dims=("t",), doc="the size of the window"),
        Key("stride", "integers", 1, minimum=1, dims=("t",), doc="the step from window to window"),
        Key("padding", "integers", 0, minimum=0, dims=("t",), doc="places cut off at each end of the output"),
        Key("output_padding", "integers", 0, minimum=0, dims=("t",), doc="places added at the end of the output"),
        Key("dilation", "integers", 1, minimum=1, dims=("t",), doc="the step within a window"),
        Key("groups", "integer", 1, minimum=1, doc="parts of the channels, each with filters of its own"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
    ),
)
