"""Places become channels."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="pixel_unshuffle",
    summary="the places of images become groups of channels: [c, h*f, w*f] as [c*f*f, h, w]",
    source="torch.nn.PixelUnshuffle",
    inputs=("x[n,c,(h a),(w b)]",),
    output="y[n,(c a b),h,w]",
    formulas=(Formula(plain="y[n,c,a,b,h,w] = x[n,c,h,a,w,b]"),),
    sizes=(("factor", "a"), ("factor", "b")),
    keys=(Key("factor", "size", minimum=1, doc="how often smaller height and width become"),),
)
