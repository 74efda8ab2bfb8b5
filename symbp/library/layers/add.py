"""A sum of several values."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="add",
    summary="the sum of several inputs of one shape",
    source="elementwise",
    inputs=("x#[n]",),
    formulas=(Formula(plain="y[n] = {x#[n]|+}"),),
)
