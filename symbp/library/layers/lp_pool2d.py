"""The p-norm of each window of an image."""

from symbp.library.declaration import Formula, Key, Layer

SUM = "sum[u,v](abs(x[n,c,stride_h*p + dilation_h*u - padding_h,stride_w*q + dilation_w*v - padding_w])**norm)"

DECLARATION = Layer(
    type="lp_pool2d",
    summary="the p-norm of the values of each window of an image",
    source="Hyvarinen and Koster, Complex cell pooling and the statistics of natural images, 2007; torch.nn.LPPool2d",
    inputs=("x[n,c,h,w]",),
    formulas=(
        Formula(
            plain=f"y[n,c,p,q] = {SUM}**(1/norm)",
            # A window of zeros has the gradient 0: nothing is divided by its norm.
            safe=f"""
s[n,c,p,q] = {SUM}
r[n,c,p,q] = where(s[n,c,p,q] > 0, s[n,c,p,q], 1)**(1/norm)
y[n,c,p,q] = where(s[n,c,p,q] > 0, r[n,c,p,q], 0)
""",
        ),
    ),
    sizes=(("size_h", "u"), ("size_w", "v")),
    extents=(
        ("p", "(H + padding_h + after_h - dilation_h*(U - 1) - 1)//stride_h + 1"),
        ("q", "(W + padding_w + after_w - dilation_w*(V - 1) - 1)//stride_w + 1"),
    ),
    keys=(
        Key("norm", "integer", 2, minimum=1, doc="the p of the norm"),
        Key("size", "integers", minimum=1, dims=("h", "w"), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("h", "w"), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("h", "w"), doc="places around the input"),
        Key("dilation", "integers", 1, minimum=1, dims=("h", "w"), doc="the step within a window"),
    ),
    subgradient="0 where all values of a window are 0",
)
