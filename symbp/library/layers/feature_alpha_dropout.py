"""alpha_dropout of whole channels."""

from symbp.library.declaration import Formula, Key, Layer, Random

DECLARATION = Layer(
    type="feature_alpha_dropout",
    summary="dropout of channels behind selu: mean and variance stay",
    source="Klambauer et al. 2017, Self-Normalizing Neural Networks, arXiv:1706.02515",
    inputs=("x[n,a,c,s]",),
    formulas=(
        Formula("y[n,a,c,s] = x[n,a,c,s]*keep[n,c] + low*(keep[n,c] - sqrt((1 - rate)/(1 + rate*alpha**2)))"),
    ),
    keys=(
        Key("axis", "axis", None, doc="the channels: by default those of an image, else the last axis"),
        Key("rate", "number", 0.5, minimum=0.0, maximum=1.0, open_maximum=True, doc="the part that is left out"),
        Key("alpha", "number", 1.7580993408473766, minimum=0.0, open_minimum=True, doc="minus the least value of selu"),
    ),
    rest="s",
    ahead="a",
    random=(
        Random(
            "keep",
            "[n,c]",
            "bernoulli",
            still="1",
            scale="1/sqrt((1 - rate)*(1 + rate*alpha**2))",
            probability="1 - rate",
            doc="a constant where a channel stays, else 0",
        ),
        Random("low", "[]", "switch", still="0", scale="alpha", doc="alpha while training"),
    ),
)
