"""One place of an axis."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="select",
    summary="one place of an axis, which is then gone",
    source="torch.select",
    inputs=("x[n,k,r]",),
    formulas=(Formula(plain="y[n,r] = x[n,index,r]"),),
    rest="r",
    keys=(
        Key("index", "index", dims=("k",), doc="the place, from 0; from the end where it is negative"),
        Key("axis", "axis", None, doc="the axis that it lies on; default: the channels of an image, else the last"),
    ),
)
