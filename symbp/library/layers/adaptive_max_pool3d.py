"""The maximum of each window of a volume, for a given number of windows."""

from symbp.library.declaration import Formula, Key, Layer

FORMULA = """
y[n,c,r,p,q] = max[t,u,v](
    x[n,c,
        min(r*D//R + t, ((r + 1)*D - 1)//R),
        min(p*H//P + u, ((p + 1)*H - 1)//P),
        min(q*W//Q + v, ((q + 1)*W - 1)//Q)]
)
"""

DECLARATION = Layer(
    type="adaptive_max_pool3d",
    summary="the maximum of each of a given number of windows, which cover a volume",
    source="He, Zhang, Ren and Sun, Spatial pyramid pooling in deep convolutional networks, 2014; "
    "torch.nn.AdaptiveMaxPool3d",
    inputs=("x[n,c,d,h,w]",),
    formulas=(Formula(plain=FORMULA),),
    sizes=(("size_d", "r"), ("size_h", "p"), ("size_w", "q")),
    extents=(("t", "D//R + min(D % R, 2)"), ("u", "H//P + min(H % P, 2)"), ("v", "W//Q + min(W % Q, 2)")),
    keys=(Key("size", "integers", minimum=1, dims=("d", "h", "w"), doc="the number of windows"),),
    subgradient="the first maximum of a window, in row-major order, has the gradient",
)
