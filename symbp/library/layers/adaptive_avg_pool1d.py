"""The mean of each window of a sequence, for a given number of windows."""

from symbp.library.declaration import Formula, Key, Layer

FORMULA = """
w_t[p,t] = [t >= p*T//P]*[t <= ((p + 1)*T - 1)//P]/(((p + 1)*T - 1)//P + 1 - p*T//P)
y[n,p,f] = sum[t](x[n,t,f]*w_t[p,t])
"""

DECLARATION = Layer(
    type="adaptive_avg_pool1d",
    summary="the mean of each of a given number of windows, which cover a sequence",
    source="He, Zhang, Ren and Sun, Spatial pyramid pooling in deep convolutional networks, 2014; "
    "torch.nn.AdaptiveAvgPool1d",
    inputs=("x[n,t,f]",),
    formulas=(Formula(plain=FORMULA),),
    sizes=(("size_t", "p"),),
    keys=(Key("size", "integers", minimum=1, dims=("t",), doc="the number of windows"),),
)
