"""The maximum of each window of a sequence, for a given number of windows."""

from symbp.library.declaration import Formula, Key, Layer

FORMULA = """
y[n,p,f] = max[u](x[n,min(p*T//P + u, ((p + 1)*T - 1)//P),f])
"""

DECLARATION = Layer(
    type="adaptive_max_pool1d",
    summary="the maximum of each of a given number of windows, which cover a sequence",
    source="He, Zhang, Ren and Sun, Spatial pyramid pooling in deep convolutional networks, 2014; "
    "torch.nn.AdaptiveMaxPool1d",
    inputs=("x[n,t,f]",),
    formulas=(Formula(plain=FORMULA),),
    sizes=(("size_t", "p"),),
    extents=(("u", "T//P + min(T % P, 2)"),),
    keys=(Key("size", "integers", minimum=1, dims=("t",), doc="the number of windows"),),
    subgradient="the first maximum of a window, in row-major order, has the gradient",
)
