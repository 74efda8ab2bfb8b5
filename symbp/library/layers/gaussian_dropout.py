"""Every value times a random factor of mean 1."""

from symbp.library.declaration import Formula, Key, Layer, Random

DECLARATION = Layer(
    type="gaussian_dropout",
    summary="values times random factors while training",
    source="Srivastava et al. 2014, Dropout, JMLR 15, section 10; the variance is that of dropout with this rate",
    inputs=("x[n]",),
    formulas=(Formula("y[n] = x[n] * factor[n]"),),
    keys=(Key("rate", "number", 0.5, minimum=0.0, maximum=1.0, open_maximum=True, doc="as of dropout"),),
    random=(
        Random("factor", "[n]", "normal", still="1", scale="sqrt(rate/(1 - rate))", shift="1", doc="normal, mean 1"),
    ),
)
