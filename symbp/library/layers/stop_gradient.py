"""A value through which no gradient flows."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="stop_gradient",
    summary="the input, taken as a constant by all gradients",
    source="Chen and He, Exploring simple Siamese representation learning, 2020",
    inputs=("x[n]",),
    formulas=(Formula(plain="y[n] = stop_gradient(x[n])"),),
)
