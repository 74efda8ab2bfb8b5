"""The p-norm of each window of a sequence."""

from symbp.library.declaration import Formula, Key, Layer

SUM = "sum[u](abs(x[n,stride_t*p + dilation_t*u - padding_t,f])**norm)"

DECLARATION = Layer(
    type="lp_pool1d",
    summary="the p-norm of the values of each window of a sequence",
    source="Hyvarinen and Koster, Complex cell pooling and the statistics of natural images, 2007; torch.nn.LPPool1d",
    inputs=("x[n,t,f]",),
    formulas=(
        Formula(
            plain=f"y[n,p,f] = {SUM}**(1/norm)",
            # A window of zeros has the gradient 0: nothing is divided by its norm.
            safe=f"""
s[n,p,f] = {SUM}
r[n,p,f] = where(s[n,p,f] > 0, s[n,p,f], 1)**(1/norm)
y[n,p,f] = where(s[n,p,f] > 0, r[n,p,f], 0)
""",
        ),
    ),
    sizes=(("size_t", "u"),),
    extents=(("p", "(T + padding_t + after_t - dilation_t*(U - 1) - 1)//stride_t + 1"),),
    keys=(
        Key("norm", "integer", 2, minimum=1, doc="the p of the norm"),
        Key("size", "integers", minimum=1, dims=("t",), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("t",), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("t",), doc="places around the input"),
        Key("dilation", "integers", 1, minimum=1, dims=("t",), doc="the step within a window"),
    ),
    subgradient="0 where all values of a window are 0",
)
