"""Whole channels left out at random in every training step, the others scaled up."""

from symbp.library.declaration import Formula, Key, Layer, Random

DECLARATION = Layer(
    type="channel_dropout",
    summary="channels left out at random while training",
    source="Tompson et al. 2015, Efficient Object Localization Using Convolutional Networks, arXiv:1411.4280",
    inputs=("x[n,a,c,s]",),
    formulas=(Formula("y[n,a,c,s] = x[n,a,c,s] * keep[n,c]"),),
    keys=(
        Key("axis", "axis", None, doc="the channels: by default those of an image, else the last axis"),
        Key("rate", "number", 0.5, minimum=0.0, maximum=1.0, open_maximum=True, doc="the part that is left out"),
    ),
    rest="s",
    ahead="a",
    random=(
        Random(
            "keep",
            "[n,c]",
            "bernoulli",
            still="1",
            scale="1/(1 - rate)",
            probability="1 - rate",
            doc="1/(1 - rate) where a channel stays, else 0",
        ),
    ),
)
