"""The mean of each window of an image, for a given number of windows."""

from symbp.library.declaration import Formula, Key, Layer

FORMULA = """
w_h[p,h] = [h >= p*H//P]*[h <= ((p + 1)*H - 1)//P]/(((p + 1)*H - 1)//P + 1 - p*H//P)
w_w[q,w] = [w >= q*W//Q]*[w <= ((q + 1)*W - 1)//Q]/(((q + 1)*W - 1)//Q + 1 - q*W//Q)
y[n,c,p,q] = sum[h,w](x[n,c,h,w]*w_h[p,h]*w_w[q,w])
"""

DECLARATION = Layer(
    type="adaptive_avg_pool2d",
    summary="the mean of each of a given number of windows, which cover an image",
    source="He, Zhang, Ren and Sun, Spatial pyramid pooling in deep convolutional networks, 2014; "
    "torch.nn.AdaptiveAvgPool2d",
    inputs=("x[n,c,h,w]",),
    formulas=(Formula(plain=FORMULA),),
    sizes=(("size_h", "p"), ("size_w", "q")),
    keys=(Key("size", "integers", minimum=1, dims=("h", "w"), doc="the number of windows"),),
)
