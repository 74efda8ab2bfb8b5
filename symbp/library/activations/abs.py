"""The absolute value."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="abs",
    summary="the absolute value",
    source="definition",
    formula=Formula(plain="y = abs(z)"),
    subgradient="the derivative at `z = 0` is 0",
)
