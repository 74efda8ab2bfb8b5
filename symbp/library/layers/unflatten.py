"""One axis as several."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="unflatten",
    summary="one axis taken apart into several, in C order",
    source="torch.nn.Unflatten",
    inputs=("x[n,(s),r]",),
    formulas=(Formula(plain="y[n,s,r] = x[n,s,r]"),),
    rest="r",
    keys=(
        Key("shape", "shape", dims=("s",), doc="the sizes of the axes; one that is -1 follows from the others"),
        Key("axis", "axis", None, doc="the axis that is taken apart; default: the channels of an image, else the last"),
    ),
)
