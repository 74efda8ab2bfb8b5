"""A stretch of an axis."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="slice",
    summary="a stretch of an axis, all of its places or some at equal distances",
    source="Python's slices",
    inputs=("x[n,k,r]",),
    formulas=(Formula(plain="y[n,p,r] = x[n,step*p+start,r]"),),
    extents=(("p", "(stop - start + step - 1)//step"),),
    rest="r",
    keys=(
        Key("start", "place", 0, dims=("k",), doc="the first place, from the end where it is negative"),
        Key("stop", "place", None, dims=("k",), doc="the place behind the last one; default: the end"),
        Key("step", "integer", 1, minimum=1, doc="how far apart the places are"),
        Key("axis", "axis", None, doc="the axis that is cut; default: the channels of an image, else the last"),
    ),
)
