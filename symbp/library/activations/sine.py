"""The sine."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="sine",
    summary="the sine",
    source="Sitzmann et al., Implicit neural representations with periodic activation functions, 2020",
    formula=Formula(plain="y = sin(z)"),
)
