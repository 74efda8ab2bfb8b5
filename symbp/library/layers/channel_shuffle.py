"""Groups of channels side by side."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="channel_shuffle",
    summary="the first channel of each group, then the second of each, and so on",
    source="Zhang et al., ShuffleNet: an extremely efficient convolutional neural network for mobile devices, 2018",
    inputs=("x[n,(g c),r]",),
    output="y[n,(c g),r]",
    formulas=(Formula(plain="y[n,c,g,r] = x[n,g,c,r]"),),
    sizes=(("groups", "g"),),
    rest="r",
    keys=(
        Key("groups", "size", minimum=1, doc="the number of groups"),
        Key("axis", "axis", None, doc="the axis of the channels; default: that of an image, else the last"),
    ),
)
