"""Dropout that keeps mean 0 and variance 1: what is left out takes the value that selu tends to."""

from symbp.library.declaration import Formula, Key, Layer, Random

DECLARATION = Layer(
    type="alpha_dropout",
    summary="dropout behind selu: mean and variance stay",
    source="Klambauer et al. 2017, Self-Normalizing Neural Networks, arXiv:1706.02515",
    inputs=("x[n]",),
    formulas=(Formula("y[n] = x[n]*keep[n] + low*(keep[n] - sqrt((1 - rate)/(1 + rate*alpha**2)))"),),
    keys=(
        Key("rate", "number", 0.5, minimum=0.0, maximum=1.0, open_maximum=True, doc="the part that is left out"),
        Key("alpha", "number", 1.7580993408473766, minimum=0.0, open_minimum=True, doc="minus the least value of selu"),
    ),
    random=(
        Random(
            "keep",
            "[n]",
            "bernoulli",
            still="1",
            scale="1/sqrt((1 - rate)*(1 + rate*alpha**2))",
            probability="1 - rate",
            doc="a constant where a value stays, else 0",
        ),
        Random("low", "[]", "switch", still="0", scale="alpha", doc="alpha while training"),
    ),
)
