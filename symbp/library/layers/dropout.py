"""Some values left out at random in every training step, the others scaled up."""

from symbp.library.declaration import Formula, Key, Layer, Random

DECLARATION = Layer(
    type="dropout",
    summary="values left out at random while training",
    source="Srivastava et al. 2014, Dropout, JMLR 15; inverted: the values that stay are divided by 1 - rate",
    inputs=("x[n]",),
    formulas=(Formula("y[n] = x[n] * keep[n]"),),
    keys=(Key("rate", "number", 0.5, minimum=0.0, maximum=1.0, open_maximum=True, doc="the part that is left out"),),
    random=(
        Random(
            "keep",
            "[n]",
            "bernoulli",
            still="1",
            scale="1/(1 - rate)",
            probability="1 - rate",
            doc="1/(1 - rate) where a value stays, else 0",
        ),
    ),
)
