"""The square."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="square",
    summary="the square",
    source="definition",
    formula=Formula(plain="y = z**2"),
)
