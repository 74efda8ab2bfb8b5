"""The mean of each window of a sequence."""

from symbp.library.declaration import Formula, Key, Layer

TOTAL = "sum[u](x[n,stride_t*p + u - padding_t,f])"
# How many places of each window lie in the input, axis by axis.
INSIDE = """
a_t[p] = sum[u]([stride_t*p + u >= padding_t]*[stride_t*p + u < T + padding_t])
"""
COUNTED = f"y[n,p,f] = {TOTAL}/a_t[p]"

DECLARATION = Layer(
    type="avg_pool1d",
    summary="the mean of each window of a sequence",
    source="LeCun et al., Gradient-based learning applied to document recognition, 1998; torch.nn.AvgPool1d",
    inputs=("x[n,t,f]",),
    formulas=(
        Formula(plain=f"y[n,p,f] = {TOTAL}/U", when=(("count_padding", True),)),
        Formula(plain=INSIDE + COUNTED, when=(("count_padding", False),)),
    ),
    sizes=(("size_t", "u"),),
    extents=(("p", "(T + padding_t + after_t - U)//stride_t + 1"),),
    keys=(
        Key("size", "integers", minimum=1, dims=("t",), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("t",), doc="the step from window to window"),
        Key("padding", "padding", 0, minimum=0, dims=("t",), doc="places around the input"),
        Key("count_padding", "boolean", True, doc="whether places of the padding count in the mean"),
    ),
)
