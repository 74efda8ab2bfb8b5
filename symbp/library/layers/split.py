"""One of several equal parts of an axis."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="split",
    summary="one of several equal parts of an axis: a layer for each part",
    source="torch.chunk",
    inputs=("x[n,(a j),r]",),
    formulas=(Formula(plain="y[n,j,r] = x[n,part,j,r]"),),
    sizes=(("parts", "a"),),
    rest="r",
    keys=(
        Key("parts", "size", minimum=1, doc="the number of parts"),
        Key("part", "index", dims=("a",), doc="which part, from 0; from the end where it is negative"),
        Key("axis", "axis", None, doc="the axis that is cut; default: the channels of an image, else the last"),
    ),
)
