"""An axis from its end to its beginning."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="reverse",
    summary="an axis from its end to its beginning",
    source="torch.flip",
    inputs=("x[n,k,r]",),
    formulas=(Formula(plain="y[n,k,r] = x[n,K-1-k,r]"),),
    rest="r",
    keys=(Key("axis", "axis", None, doc="the axis; default: the channels of an image, else the last"),),
)
