"""The mean of each window of a volume, for a given number of windows."""

from symbp.library.declaration import Formula, Key, Layer

FORMULA = """
w_d[r,d] = [d >= r*D//R]*[d <= ((r + 1)*D - 1)//R]/(((r + 1)*D - 1)//R + 1 - r*D//R)
w_h[p,h] = [h >= p*H//P]*[h <= ((p + 1)*H - 1)//P]/(((p + 1)*H - 1)//P + 1 - p*H//P)
w_w[q,w] = [w >= q*W//Q]*[w <= ((q + 1)*W - 1)//Q]/(((q + 1)*W - 1)//Q + 1 - q*W//Q)
y[n,c,r,p,q] = sum[d,h,w](x[n,c,d,h,w]*w_d[r,d]*w_h[p,h]*w_w[q,w])
"""

DECLARATION = Layer(
    type="adaptive_avg_pool3d",
    summary="the mean of each of a given number of windows, which cover a volume",
    source="He, Zhang, Ren and Sun, Spatial pyramid pooling in deep convolutional networks, 2014; "
    "torch.nn.AdaptiveAvgPool3d",
    inputs=("x[n,c,d,h,w]",),
    formulas=(Formula(plain=FORMULA),),
    sizes=(("size_d", "r"), ("size_h", "p"), ("size_w", "q")),
    keys=(Key("size", "integers", minimum=1, dims=("d", "h", "w"), doc="the number of windows"),),
)
