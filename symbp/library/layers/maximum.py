"""The largest of several values."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="maximum",
    summary="the largest of several inputs of one shape, number by number",
    source="Goodfellow et al., Maxout networks, 2013",
    inputs=("x#[n]",),
    formulas=(Formula(plain="y[n] = max({x#[n]|,})"),),
    subgradient="at a tie the first input has the gradient",
)
