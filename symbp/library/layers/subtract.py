"""A difference of two values."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="subtract",
    summary="the first input minus the second, of one shape",
    source="elementwise",
    inputs=("x[n]", "z[n]"),
    formulas=(Formula(plain="y[n] = x[n] - z[n]"),),
)
