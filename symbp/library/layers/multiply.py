"""A product of several values."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="multiply",
    summary="the product of several inputs of one shape, number by number",
    source="elementwise (Hadamard)",
    inputs=("x#[n]",),
    formulas=(Formula(plain="y[n] = {x#[n]|*}"),),
)
