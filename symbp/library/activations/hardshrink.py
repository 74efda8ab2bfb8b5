"""Small values set to zero."""

from symbp.library.declaration import Activation, Formula, Key

DECLARATION = Activation(
    type="hardshrink",
    summary="z, and 0 between -cut and cut",
    source="Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, 1994",
    formula=Formula(plain="y = where(abs(z) > cut, z, 0)"),
    keys=(Key("cut", "number", 0.5, minimum=0.0, doc="half the width of the zero"),),
    subgradient="the derivative at `z = -cut` and at `z = cut` is 0",
)
