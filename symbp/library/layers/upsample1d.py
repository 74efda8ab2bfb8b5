"""A sequence made larger: values repeated, or interpolated."""

from symbp.library.declaration import Formula, Key, Layer

# The weight of a place in the mean that gives a new one: a hat over the old places, 1 where the two meet.
CENTRES = """
w_t[t,a,i] = max(0, 1 - abs(max(0, min(t + (a + 1/2)/scale_t - 1/2, T - 1)) - i))
"""
CORNERS = """
w_t[t,a,i] = max(0, 1 - abs((scale_t*t + a)*(T - 1)/max(scale_t*T - 1, 1) - i))
"""
WEIGHTED = "y[n,t,a,f] = sum[i](x[n,i,f]*w_t[t,a,i])"

DECLARATION = Layer(
    type="upsample1d",
    summary="a sequence made larger: every value repeated, or linear interpolation between the values",
    source="Keys, Cubic convolution interpolation for digital image processing, 1981; torch.nn.Upsample",
    inputs=("x[n,t,f]",),
    output="y[n,(t a),f]",
    formulas=(
        Formula(plain="y[n,t,a,f] = x[n,t,f]", when=(("mode", "nearest"),)),
        Formula(plain=CORNERS + WEIGHTED, when=(("align_corners", True),)),
        Formula(plain=CENTRES + WEIGHTED),
    ),
    sizes=(("scale_t", "a"),),
    keys=(
        Key("scale", "integers", 2, minimum=1, dims=("t",), doc="how many times larger each axis becomes"),
        Key("mode", "choice", "nearest", choices=("nearest", "linear"), doc="values repeated, or interpolated"),
        Key("align_corners", "boolean", False, doc="whether the outermost values keep their places"),
    ),
)
