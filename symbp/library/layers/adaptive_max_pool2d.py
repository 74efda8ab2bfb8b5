"""The maximum of each window of an image, for a given number of windows."""

from symbp.library.declaration import Formula, Key, Layer

FORMULA = """
y[n,c,p,q] = max[u,v](x[n,c,min(p*H//P + u, ((p + 1)*H - 1)//P),min(q*W//Q + v, ((q + 1)*W - 1)//Q)])
"""

DECLARATION = Layer(
    type="adaptive_max_pool2d",
    summary="the maximum of each of a given number of windows, which cover an image",
    source="He, Zhang, Ren and Sun, Spatial pyramid pooling in deep convolutional networks, 2014; "
    "torch.nn.AdaptiveMaxPool2d",
    inputs=("x[n,c,h,w]",),
    formulas=(Formula(plain=FORMULA),),
    sizes=(("size_h", "p"), ("size_w", "q")),
    extents=(("u", "H//P + min(H % P, 2)"), ("v", "W//Q + min(W % Q, 2)")),
    keys=(Key("size", "integers", minimum=1, dims=("h", "w"), doc="the number of windows"),),
    subgradient="the first maximum of a window, in row-major order, has the gradient",
)
