"""Convolution over a sequence, with stride, padding, dilation and groups."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece, Requirement

MIRRORED = "an axis can be mirrored over {most} places, not over {least}"

DECLARATION = Layer(
    type="conv1d",
    summary="every output is a weighted sum over a window of a sequence, and a bias",
    source="Waibel et al., Phoneme recognition using time-delay neural networks, 1989; torch.nn.Conv1d",
    inputs=("x[n,t,(g c)]",),
    output="y[n,p,(g o)]",
    formulas=(
        Formula(
            plain="y[n,p,g,o] = sum[c,u](x[n,stride_t*p + dilation_t*u - padding_t,g,c]*K[g,o,c,u]){bias}",
            when=(("padding_mode", "zeros"),),
        ),
        # Other padding is an equation of its own: its values are copied, not computed with.
        Formula(plain="{padded}\ny[n,p,g,o] = sum[c,u](xtilde[n,stride_t*p + dilation_t*u,g,c]*K[g,o,c,u]){bias}"),
    ),
    pieces=(
        Piece(
            "padded",
            "xtilde[n,i,g,c] = x[n,T - 1 - abs(T - 1 - abs(i - padding_t)),g,c]",
            when=(("padding_mode", "reflect"),),
        ),
        Piece(
            "padded",
            "xtilde[n,i,g,c] = x[n,max(0, min(i - padding_t, T - 1)),g,c]",
            when=(("padding_mode", "replicate"),),
        ),
        Piece("padded", "xtilde[n,i,g,c] = x[n,(i - padding_t) % T,g,c]", when=(("padding_mode", "circular"),)),
        Piece("bias", " + b[g,o]", when=(("bias", True),)),
    ),
    sizes=(("filters", "(g o)"), ("groups", "g"), ("kernel_t", "u")),
    extents=(
        ("p", "(T + padding_t + after_t - dilation_t*(U - 1) - 1)//stride_t + 1"),
        ("i", "T + padding_t + after_t"),
    ),
    parameters=(
        Parameter("K", "[(g o),c,u]", "glorot_uniform", doc="the kernels", fan_in="C*U", fan_out="O*U"),
        Parameter("b", "[(g o)]", "zeros", when="bias", doc="the biases"),
    ),
    keys=(
        Key("filters", "size", minimum=1, doc="the number of output channels"),
        Key("kernel", "integers", minimum=1, dims=("t",), doc="the size of the window"),
        Key("stride", "integers", 1, minimum=1, dims=("t",), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("t",), doc="places around the input"),
        Key(
            "padding_mode", "choice", "zeros", choices=("zeros", "reflect", "replicate", "circular"), doc="their values"
        ),
        Key("dilation", "integers", 1, minimum=1, dims=("t",), doc="the step within a window"),
        Key("groups", "integer", 1, minimum=1, doc="parts of the channels, each with filters of its own"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
    ),
    requires=(
        Requirement("padding", "max(padding_t, after_t)", "T - 1", MIRRORED, when=(("padding_mode", "reflect"),)),
    ),
)
