"""The maximum of windows that start where they are told to."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="fractional_max_pool2d",
    summary="the maximum of each window of an image; integer inputs say at which row and which column each starts",
    source="Graham, Fractional max-pooling, 2014; torch.nn.FractionalMaxPool2d, which draws the starts itself",
    inputs=("x[n,c,h,w]", "rows[n,c,p]", "columns[n,c,q]"),
    integer_inputs=("rows", "columns"),
    formulas=(Formula(plain="y[n,c,p,q] = max[u,v](x[n,c,rows[n,c,p] + u,columns[n,c,q] + v])"),),
    sizes=(("size_h", "u"), ("size_w", "v")),
    keys=(Key("size", "integers", minimum=1, dims=("h", "w"), doc="the size of the window"),),
    subgradient="the first maximum of a window, in row-major order, has the gradient",
)
