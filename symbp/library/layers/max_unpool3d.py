"""Values put back where max pooling found them."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="max_unpool3d",
    summary="every value of a volume put at a given place of a larger one, which is 0 elsewhere",
    source="Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014; torch.nn.MaxUnpool3d",
    inputs=("x[n,c,r,p,q]", "place[n,c,r,p,q]"),
    integer_inputs=("place",),
    formulas=(
        Formula(
            plain="""
flat[n,c,k] = sum[r,p,q](x[n,c,r,p,q]*[k == place[n,c,r,p,q]])
y[n,c,d,h,w] = flat[n,c,(d*H + h)*W + w]
"""
        ),
    ),
    extents=(
        ("d", "stride_d*(R - 1) + size_d - 2*padding_d"),
        ("h", "stride_h*(P - 1) + size_h - 2*padding_h"),
        ("w", "stride_w*(Q - 1) + size_w - 2*padding_w"),
        ("k", "D*H*W"),
    ),
    keys=(
        Key("size", "integers", minimum=1, dims=("d", "h", "w"), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("d", "h", "w"), doc="the step from window to window"),
        Key("padding", "integers", 0, minimum=0, dims=("d", "h", "w"), doc="places around the output, cut off"),
    ),
)
