"""Convolution over a volume, with stride, padding, dilation and groups."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece, Requirement

MIRRORED = "an axis can be mirrored over {most} places, not over {least}"

DECLARATION = Layer(
    type="conv3d",
    summary="every output is a weighted sum over a window of a volume, and a bias",
    source="Ji, Xu, Yang and Yu, 3D convolutional neural networks for human action recognition, 2013; torch.nn.Conv3d",
    inputs=("x[n,(g c),d,h,w]",),
    output="y[n,(g o),r,p,q]",
    formulas=(
        Formula(
            plain="y[n,g,o,r,p,q] = sum[c,t,u,v](x[n,g,c,stride_d*r + dilation_d*t - padding_d,"
            "stride_h*p + dilation_h*u - padding_h,stride_w*q + dilation_w*v - padding_w]*K[g,o,c,t,u,v]){bias}",
            when=(("padding_mode", "zeros"),),
        ),
        # Other padding is an equation of its own: its values are copied, not computed with.
        Formula(
            plain="{padded}\ny[n,g,o,r,p,q] = sum[c,t,u,v](xtilde[n,g,c,stride_d*r + dilation_d*t,"
            "stride_h*p + dilation_h*u,stride_w*q + dilation_w*v]*K[g,o,c,t,u,v]){bias}"
        ),
    ),
    pieces=(
        Piece(
            "padded",
            "xtilde[n,g,c,l,i,j] = x[n,g,c,D - 1 - abs(D - 1 - abs(l - padding_d)),"
            "H - 1 - abs(H - 1 - abs(i - padding_h)),W - 1 - abs(W - 1 - abs(j - padding_w))]",
            when=(("padding_mode", "reflect"),),
        ),
        Piece(
            "padded",
            "xtilde[n,g,c,l,i,j] = x[n,g,c,max(0, min(l - padding_d, D - 1)),max(0, min(i - padding_h, H - 1)),"
            "max(0, min(j - padding_w, W - 1))]",
            when=(("padding_mode", "replicate"),),
        ),
        Piece(
            "padded",
            "xtilde[n,g,c,l,i,j] = x[n,g,c,(l - padding_d) % D,(i - padding_h) % H,(j - padding_w) % W]",
            when=(("padding_mode", "circular"),),
        ),
        Piece("bias", " + b[g,o]", when=(("bias", True),)),
    ),
    sizes=(("filters", "(g o)"), ("groups", "g"), ("kernel_d", "t"), ("kernel_h", "u"), ("kernel_w", "v")),
    extents=(
        ("r", "(D + padding_d + after_d - dilation_d*(T - 1) - 1)//stride_d + 1"),
        ("p", "(H + padding_h + after_h - dilation_h*(U - 1) - 1)//stride_h + 1"),
        ("q", "(W + padding_w + after_w - dilation_w*(V - 1) - 1)//stride_w + 1"),
        ("l", "D + padding_d + after_d"),
        ("i", "H + padding_h + after_h"),
        ("j", "W + padding_w + after_w"),
    ),
    parameters=(
        Parameter("K", "[(g o),c,t,u,v]", "glorot_uniform", doc="the kernels", fan_in="C*T*U*V", fan_out="O*T*U*V"),
        Parameter("b", "[(g o)]", "zeros", when="bias", doc="the biases"),
    ),
    keys=(
        Key("filters", "size", minimum=1, doc="the number of output channels"),
        Key("kernel", "integers", minimum=1, dims=("d", "h", "w"), doc="the size of the window"),
        Key("stride", "integers", 1, minimum=1, dims=("d", "h", "w"), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("d", "h", "w"), doc="places around the input"),
        Key(
            "padding_mode", "choice", "zeros", choices=("zeros", "reflect", "replicate", "circular"), doc="their values"
        ),
        Key("dilation", "integers", 1, minimum=1, dims=("d", "h", "w"), doc="the step within a window"),
        Key("groups", "integer", 1, minimum=1, doc="parts of the channels, each with filters of its own"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
    ),
    requires=(
        Requirement("padding", "max(padding_d, after_d)", "D - 1", MIRRORED, when=(("padding_mode", "reflect"),)),
        Requirement("padding", "max(padding_h, after_h)", "H - 1", MIRRORED, when=(("padding_mode", "reflect"),)),
        Requirement("padding", "max(padding_w, after_w)", "W - 1", MIRRORED, when=(("padding_mode", "reflect"),)),
    ),
)
