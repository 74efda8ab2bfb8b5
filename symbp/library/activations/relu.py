"""The rectified linear unit."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="relu",
    summary="the positive part",
    source="Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010",
    formula=Formula(plain="y = max(0, z)"),
    subgradient="the derivative at `z = 0` is 0",
)
