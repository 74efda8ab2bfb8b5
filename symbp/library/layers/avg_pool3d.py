"""The mean of each window of a volume."""

from symbp.library.declaration import Formula, Key, Layer

TOTAL = "sum[t,u,v](x[n,c,stride_d*r + t - padding_d,stride_h*p + u - padding_h,stride_w*q + v - padding_w])"
# How many places of each window lie in the input, axis by axis.
INSIDE = """
a_d[r] = sum[t]([stride_d*r + t >= padding_d]*[stride_d*r + t < D + padding_d])
a_h[p] = sum[u]([stride_h*p + u >= padding_h]*[stride_h*p + u < H + padding_h])
a_w[q] = sum[v]([stride_w*q + v >= padding_w]*[stride_w*q + v < W + padding_w])
"""
COUNTED = f"y[n,c,r,p,q] = {TOTAL}/(a_d[r]*a_h[p]*a_w[q])"

DECLARATION = Layer(
    type="avg_pool3d",
    summary="the mean of each window of a volume",
    source="LeCun et al., Gradient-based learning applied to document recognition, 1998; torch.nn.AvgPool3d",
    inputs=("x[n,c,d,h,w]",),
    formulas=(
        Formula(plain=f"y[n,c,r,p,q] = {TOTAL}/(T*U*V)", when=(("count_padding", True),)),
        Formula(plain=INSIDE + COUNTED, when=(("count_padding", False),)),
    ),
    sizes=(("size_d", "t"), ("size_h", "u"), ("size_w", "v")),
    extents=(
        ("r", "(D + padding_d + after_d - T)//stride_d + 1"),
        ("p", "(H + padding_h + after_h - U)//stride_h + 1"),
        ("q", "(W + padding_w + after_w - V)//stride_w + 1"),
    ),
    keys=(
        Key("size", "integers", minimum=1, dims=("d", "h", "w"), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("d", "h", "w"), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("d", "h", "w"), doc="places around the input"),
        Key("count_padding", "boolean", True, doc="whether places of the padding count in the mean"),
    ),
)
