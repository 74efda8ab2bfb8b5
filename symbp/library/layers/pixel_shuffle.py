"""Channels become places."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="pixel_shuffle",
    summary="groups of channels become the places of larger images: [c*f*f, h, w] as [c, h*f, w*f]",
    source="Shi et al., Real-time single image and video super-resolution using an efficient sub-pixel CNN, 2016",
    inputs=("x[n,(c a b),h,w]",),
    output="y[n,c,(h a),(w b)]",
    formulas=(Formula(plain="y[n,c,h,a,w,b] = x[n,c,a,b,h,w]"),),
    sizes=(("factor", "a"), ("factor", "b")),
    keys=(Key("factor", "size", minimum=1, doc="how often larger height and width become"),),
)
