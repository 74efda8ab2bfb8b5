"""A mean of several values."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="average",
    summary="the mean of several inputs of one shape",
    source="elementwise",
    inputs=("x#[n]",),
    formulas=(Formula(plain="y[n] = ({x#[n]|+})/({1|+})"),),
)
