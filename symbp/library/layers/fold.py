"""An image from columns, one a window: overlaps add up."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="fold",
    summary="an image to which every column adds its values at the places of its window; the adjoint of unfold",
    source="torch.nn.Fold",
    inputs=("x[n,(f u v),(p q)]",),
    output="y[n,f,h,w]",
    formulas=(
        Formula(
            plain="y[n,f,h,w] = sum[u,v,p,q](x[n,f,u,v,p,q]"
            "*[h == stride_h*p + dilation_h*u - padding_h]*[w == stride_w*q + dilation_w*v - padding_w])"
        ),
    ),
    sizes=(("kernel_h", "u"), ("kernel_w", "v"), ("size_h", "h"), ("size_w", "w")),
    extents=(
        ("p", "(H + 2*padding_h - dilation_h*(U - 1) - 1)//stride_h + 1"),
        ("q", "(W + 2*padding_w - dilation_w*(V - 1) - 1)//stride_w + 1"),
    ),
    keys=(
        Key("size", "integers", minimum=1, dims=("h", "w"), doc="the height and width of the image"),
        Key("kernel", "integers", minimum=1, dims=("h", "w"), doc="the size of the window"),
        Key("stride", "integers", 1, minimum=1, dims=("h", "w"), doc="the step from window to window"),
        Key("padding", "integers", 0, minimum=0, dims=("h", "w"), doc="places around the image, cut off"),
        Key("dilation", "integers", 1, minimum=1, dims=("h", "w"), doc="the step within a window"),
    ),
)
