"""The p-norm of each window of a volume."""

from symbp.library.declaration import Formula, Key, Layer

SUM = (
    "sum[t,u,v](abs(x[n,c,stride_d*r + dilation_d*t - padding_d,stride_h*p + dilation_h*u - padding_h,"
    "stride_w*q + dilation_w*v - padding_w])**norm)"
)

DECLARATION = Layer(
    type="lp_pool3d",
    summary="the p-norm of the values of each window of a volume",
    source="Hyvarinen and Koster, Complex cell pooling and the statistics of natural images, 2007; torch.nn.LPPool3d",
    inputs=("x[n,c,d,h,w]",),
    formulas=(
        Formula(
            plain=f"y[n,c,r,p,q] = {SUM}**(1/norm)",
            # A window of zeros has the gradient 0: nothing is divided by its norm.
            safe=f"""
s[n,c,r,p,q] = {SUM}
r[n,c,r,p,q] = where(s[n,c,r,p,q] > 0, s[n,c,r,p,q], 1)**(1/norm)
y[n,c,r,p,q] = where(s[n,c,r,p,q] > 0, r[n,c,r,p,q], 0)
""",
        ),
    ),
    sizes=(("size_d", "t"), ("size_h", "u"), ("size_w", "v")),
    extents=(
        ("r", "(D + padding_d + after_d - dilation_d*(T - 1) - 1)//stride_d + 1"),
        ("p", "(H + padding_h + after_h - dilation_h*(U - 1) - 1)//stride_h + 1"),
        ("q", "(W + padding_w + after_w - dilation_w*(V - 1) - 1)//stride_w + 1"),
    ),
    keys=(
        Key("norm", "integer", 2, minimum=1, doc="the p of the norm"),
        Key("size", "integers", minimum=1, dims=("d", "h", "w"), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("d", "h", "w"), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("d", "h", "w"), doc="places around the input"),
        Key("dilation", "integers", 1, minimum=1, dims=("d", "h", "w"), doc="the step within a window"),
    ),
    subgradient="0 where all values of a window are 0",
)
