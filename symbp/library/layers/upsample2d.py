"""An image made larger: values repeated, or interpolated."""

from symbp.library.declaration import Formula, Key, Layer

# The weight of a place in the mean that gives a new one: a hat over the old places, 1 where the two meet.
CENTRES = """
w_h[h,a,i] = max(0, 1 - abs(max(0, min(h + (a + 1/2)/scale_h - 1/2, H - 1)) - i))
w_w[w,b,j] = max(0, 1 - abs(max(0, min(w + (b + 1/2)/scale_w - 1/2, W - 1)) - j))
"""
CORNERS = """
w_h[h,a,i] = max(0, 1 - abs((scale_h*h + a)*(H - 1)/max(scale_h*H - 1, 1) - i))
w_w[w,b,j] = max(0, 1 - abs((scale_w*w + b)*(W - 1)/max(scale_w*W - 1, 1) - j))
"""
WEIGHTED = "y[n,c,h,a,w,b] = sum[i,j](x[n,c,i,j]*w_h[h,a,i]*w_w[w,b,j])"

DECLARATION = Layer(
    type="upsample2d",
    summary="an image made larger: every value repeated, or linear interpolation between the values",
    source="Keys, Cubic convolution interpolation for digital image processing, 1981; torch.nn.Upsample",
    inputs=("x[n,c,h,w]",),
    output="y[n,c,(h a),(w b)]",
    formulas=(
        Formula(plain="y[n,c,h,a,w,b] = x[n,c,h,w]", when=(("mode", "nearest"),)),
        Formula(plain=CORNERS + WEIGHTED, when=(("align_corners", True),)),
        Formula(plain=CENTRES + WEIGHTED),
    ),
    sizes=(("scale_h", "a"), ("scale_w", "b")),
    keys=(
        Key("scale", "integers", 2, minimum=1, dims=("h", "w"), doc="how many times larger each axis becomes"),
        Key("mode", "choice", "nearest", choices=("nearest", "bilinear"), doc="values repeated, or interpolated"),
        Key("align_corners", "boolean", False, doc="whether the outermost values keep their places"),
    ),
)
