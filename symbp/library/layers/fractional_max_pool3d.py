"""The maximum of windows of a volume that start where they are told to."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="fractional_max_pool3d",
    summary="the maximum of each window of a volume; integer inputs say where along each axis each starts",
    source="Graham, Fractional max-pooling, 2014; torch.nn.FractionalMaxPool3d, which draws the starts itself",
    inputs=("x[n,c,d,h,w]", "layers[n,c,r]", "rows[n,c,p]", "columns[n,c,q]"),
    integer_inputs=("layers", "rows", "columns"),
    formulas=(
        Formula(
            plain="y[n,c,r,p,q] = max[t,u,v](x[n,c,layers[n,c,r] + t,rows[n,c,p] + u,columns[n,c,q] + v])",
        ),
    ),
    sizes=(("size_d", "t"), ("size_h", "u"), ("size_w", "v")),
    keys=(Key("size", "integers", minimum=1, dims=("d", "h", "w"), doc="the size of the window"),),
    subgradient="the first maximum of a window, in row-major order, has the gradient",
)
