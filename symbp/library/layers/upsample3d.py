"""A volume made larger: values repeated, or interpolated."""

from symbp.library.declaration import Formula, Key, Layer

# The weight of a place in the mean that gives a new one: a hat over the old places, 1 where the two meet.
CENTRES = """
w_d[d,e,l] = max(0, 1 - abs(max(0, min(d + (e + 1/2)/scale_d - 1/2, D - 1)) - l))
w_h[h,a,i] = max(0, 1 - abs(max(0, min(h + (a + 1/2)/scale_h - 1/2, H - 1)) - i))
w_w[w,b,j] = max(0, 1 - abs(max(0, min(w + (b + 1/2)/scale_w - 1/2, W - 1)) - j))
"""
CORNERS = """
w_d[d,e,l] = max(0, 1 - abs((scale_d*d + e)*(D - 1)/max(scale_d*D - 1, 1) - l))
w_h[h,a,i] = max(0, 1 - abs((scale_h*h + a)*(H - 1)/max(scale_h*H - 1, 1) - i))
w_w[w,b,j] = max(0, 1 - abs((scale_w*w + b)*(W - 1)/max(scale_w*W - 1, 1) - j))
"""
WEIGHTED = "y[n,c,d,e,h,a,w,b] = sum[l,i,j](x[n,c,l,i,j]*w_d[d,e,l]*w_h[h,a,i]*w_w[w,b,j])"

DECLARATION = Layer(
    type="upsample3d",
    summary="a volume made larger: every value repeated, or linear interpolation between the values",
    source="Keys, Cubic convolution interpolation for digital image processing, 1981; torch.nn.Upsample",
    inputs=("x[n,c,d,h,w]",),
    output="y[n,c,(d e),(h a),(w b)]",
    formulas=(
        Formula(plain="y[n,c,d,e,h,a,w,b] = x[n,c,d,h,w]", when=(("mode", "nearest"),)),
        Formula(plain=CORNERS + WEIGHTED, when=(("align_corners", True),)),
        Formula(plain=CENTRES + WEIGHTED),
    ),
    sizes=(("scale_d", "e"), ("scale_h", "a"), ("scale_w", "b")),
    keys=(
        Key("scale", "integers", 2, minimum=1, dims=("d", "h", "w"), doc="how many times larger each axis becomes"),
        Key("mode", "choice", "nearest", choices=("nearest", "trilinear"), doc="values repeated, or interpolated"),
        Key("align_corners", "boolean", False, doc="whether the outermost values keep their places"),
    ),
)
