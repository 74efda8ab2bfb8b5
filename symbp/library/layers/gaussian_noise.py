"""Random numbers added to the values."""

from symbp.library.declaration import Formula, Key, Layer, Random

DECLARATION = Layer(
    type="gaussian_noise",
    summary="random numbers added while training",
    source="Bishop 1995, Training with Noise is Equivalent to Tikhonov Regularization, Neural Computation 7",
    inputs=("x[n]",),
    formulas=(Formula("y[n] = x[n] + noise[n]"),),
    keys=(Key("stddev", "number", 0.1, minimum=0.0, doc="the standard deviation of the noise"),),
    random=(Random("noise", "[n]", "normal", scale="stddev", doc="normal, mean 0"),),
)
