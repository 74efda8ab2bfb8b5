"""Values put back where max pooling found them."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="max_unpool2d",
    summary="every value of an image put at a given place of a larger one, which is 0 elsewhere",
    source="Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014; torch.nn.MaxUnpool2d",
    inputs=("x[n,c,p,q]", "place[n,c,p,q]"),
    integer_inputs=("place",),
    formulas=(
        Formula(
            plain="""
flat[n,c,k] = sum[p,q](x[n,c,p,q]*[k == place[n,c,p,q]])
y[n,c,h,w] = flat[n,c,h*W + w]
"""
        ),
    ),
    extents=(
        ("h", "stride_h*(P - 1) + size_h - 2*padding_h"),
        ("w", "stride_w*(Q - 1) + size_w - 2*padding_w"),
        ("k", "H*W"),
    ),
    keys=(
        Key("size", "integers", minimum=1, dims=("h", "w"), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("h", "w"), doc="the step from window to window"),
        Key("padding", "integers", 0, minimum=0, dims=("h", "w"), doc="places around the output, cut off"),
    ),
)
