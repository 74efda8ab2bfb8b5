"""The mean of each window of an image."""

from symbp.library.declaration import Formula, Key, Layer

TOTAL = "sum[u,v](x[n,c,stride_h*p + u - padding_h,stride_w*q + v - padding_w])"
# How many places of each window lie in the input, axis by axis.
INSIDE = """
a_h[p] = sum[u]([stride_h*p + u >= padding_h]*[stride_h*p + u < H + padding_h])
a_w[q] = sum[v]([stride_w*q + v >= padding_w]*[stride_w*q + v < W + padding_w])
"""
COUNTED = f"y[n,c,p,q] = {TOTAL}/(a_h[p]*a_w[q])"

DECLARATION = Layer(
    type="avg_pool2d",
    summary="the mean of each window of an image",
    source="LeCun et al., Gradient-based learning applied to document recognition, 1998; torch.nn.AvgPool2d",
    inputs=("x[n,c,h,w]",),
    formulas=(
        Formula(plain=f"y[n,c,p,q] = {TOTAL}/(U*V)", when=(("count_padding", True),)),
        Formula(plain=INSIDE + COUNTED, when=(("count_padding", False),)),
    ),
    sizes=(("size_h", "u"), ("size_w", "v")),
    extents=(
        ("p", "(H + padding_h + after_h - U)//stride_h + 1"),
        ("q", "(W + padding_w + after_w - V)//stride_w + 1"),
    ),
    keys=(
        Key("size", "integers", minimum=1, dims=("h", "w"), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("h", "w"), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("h", "w"), doc="places around the input"),
        Key("count_padding", "boolean", True, doc="whether places of the padding count in the mean"),
    ),
)
