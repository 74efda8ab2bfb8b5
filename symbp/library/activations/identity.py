"""The identity."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="identity",
    summary="the value itself",
    source="definition",
    formula=Formula(plain="y = z"),
)
