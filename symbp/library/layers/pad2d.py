"""A border around an image: of one value, or of its own values."""

from symbp.library.declaration import Formula, Key, Layer, Requirement

SHIFTED = "y[n,c,p,q] = x[n,c,p - padding_h,q - padding_w]"
INSIDE = "[p >= padding_h]*[p < H + padding_h]*[q >= padding_w]*[q < W + padding_w]"

MIRRORED = "an axis can be mirrored over {most} places, not over {least}"

DECLARATION = Layer(
    type="pad2d",
    summary="a border around an image: a value, its mirror image, its outermost values, or its other end",
    source="torch.nn.ConstantPad2d, ReflectionPad2d, ReplicationPad2d, CircularPad2d",
    inputs=("x[n,c,h,w]",),
    formulas=(
        Formula(plain=SHIFTED, when=(("mode", "constant"), ("value", False))),
        Formula(plain=f"{SHIFTED} + value*(1 - {INSIDE})", when=(("mode", "constant"), ("value", True))),
        Formula(
            plain="y[n,c,p,q] = x[n,c,H - 1 - abs(H - 1 - abs(p - padding_h)),W - 1 - abs(W - 1 - abs(q - padding_w))]",
            when=(("mode", "reflect"),),
        ),
        Formula(
            plain="y[n,c,p,q] = x[n,c,max(0, min(p - padding_h, H - 1)),max(0, min(q - padding_w, W - 1))]",
            when=(("mode", "replicate"),),
        ),
        Formula(
            plain="y[n,c,p,q] = x[n,c,(p - padding_h) % H,(q - padding_w) % W]",
            when=(("mode", "circular"),),
        ),
    ),
    extents=(("p", "H + padding_h + after_h"), ("q", "W + padding_w + after_w")),
    keys=(
        Key("padding", "padding", minimum=0, dims=("h", "w"), doc="places around the input"),
        Key(
            "mode", "choice", "constant", choices=("constant", "reflect", "replicate", "circular"), doc="what they hold"
        ),
        Key("value", "number", 0.0, doc="the value of a constant border"),
    ),
    requires=(
        Requirement("padding", "max(padding_h, after_h)", "H - 1", MIRRORED, when=(("mode", "reflect"),)),
        Requirement("padding", "max(padding_w, after_w)", "W - 1", MIRRORED, when=(("mode", "reflect"),)),
    ),
)
