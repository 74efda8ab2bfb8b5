"""Values put back where max pooling found them."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="max_unpool1d",
    summary="every value of a sequence put at a given place of a larger one, which is 0 elsewhere",
    source="Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014; torch.nn.MaxUnpool1d",
    inputs=("x[n,p,f]", "place[n,p,f]"),
    integer_inputs=("place",),
    formulas=(Formula(plain="y[n,t,f] = sum[p](x[n,p,f]*[t == place[n,p,f]])"),),
    extents=(("t", "stride_t*(P - 1) + size_t - 2*padding_t"),),
    keys=(
        Key("size", "integers", minimum=1, dims=("t",), doc="the size of the window"),
        Key("stride", "integers", "size", minimum=1, dims=("t",), doc="the step from window to window"),
        Key("padding", "integers", 0, minimum=0, dims=("t",), doc="places around the output, cut off"),
    ),
)
