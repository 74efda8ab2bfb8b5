"""A border around a volume: of one value, or of its own values."""

from symbp.library.declaration import Formula, Key, Layer, Requirement

SHIFTED = "y[n,c,r,p,q] = x[n,c,r - padding_d,p - padding_h,q - padding_w]"
INSIDE = (
    "[r >= padding_d]*[r < D + padding_d]*[p >= padding_h]*[p < H + padding_h]*[q >= padding_w]*[q < W + padding_w]"
)

MIRRORED = "an axis can be mirrored over {most} places, not over {least}"

DECLARATION = Layer(
    type="pad3d",
    summary="a border around a volume: a value, its mirror image, its outermost values, or its other end",
    source="torch.nn.ConstantPad3d, ReflectionPad3d, ReplicationPad3d, CircularPad3d",
    inputs=("x[n,c,d,h,w]",),
    formulas=(
        Formula(plain=SHIFTED, when=(("mode", "constant"), ("value", False))),
        Formula(plain=f"{SHIFTED} + value*(1 - {INSIDE})", when=(("mode", "constant"), ("value", True))),
        Formula(
            plain="y[n,c,r,p,q] = x[n,c,D - 1 - abs(D - 1 - abs(r - padding_d)),"
            "H - 1 - abs(H - 1 - abs(p - padding_h)),W - 1 - abs(W - 1 - abs(q - padding_w))]",
            when=(("mode", "reflect"),),
        ),
        Formula(
            plain="y[n,c,r,p,q] = x[n,c,max(0, min(r - padding_d, D - 1)),max(0, min(p - padding_h, H - 1)),max(0,"
            " min(q - padding_w, W - 1))]",
            when=(("mode", "replicate"),),
        ),
        Formula(
            plain="y[n,c,r,p,q] = x[n,c,(r - padding_d) % D,(p - padding_h) % H,(q - padding_w) % W]",
            when=(("mode", "circular"),),
        ),
    ),
    extents=(("r", "D + padding_d + after_d"), ("p", "H + padding_h + after_h"), ("q", "W + padding_w + after_w")),
    keys=(
        Key("padding", "padding", minimum=0, dims=("d", "h", "w"), doc="places around the input"),
        Key(
            "mode", "choice", "constant", choices=("constant", "reflect", "replicate", "circular"), doc="what they hold"
        ),
        Key("value", "number", 0.0, doc="the value of a constant border"),
    ),
    requires=(
        Requirement("padding", "max(padding_d, after_d)", "D - 1", MIRRORED, when=(("mode", "reflect"),)),
        Requirement("padding", "max(padding_h, after_h)", "H - 1", MIRRORED, when=(("mode", "reflect"),)),
        Requirement("padding", "max(padding_w, after_w)", "W - 1", MIRRORED, when=(("mode", "reflect"),)),
    ),
)
