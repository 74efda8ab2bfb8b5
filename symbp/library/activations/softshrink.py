"""Shrinkage towards zero."""

from symbp.library.declaration import Activation, Formula, Key

DECLARATION = Activation(
    type="softshrink",
    summary="z moved towards 0 by cut, 0 between -cut and cut",
    source="Donoho, De-noising by soft-thresholding, 1995",
    formula=Formula(plain="y = max(0, z - cut) + min(0, z + cut)"),
    keys=(Key("cut", "number", 0.5, minimum=0.0, doc="half the width of the zero"),),
    subgradient="the derivative at `z = -cut` and at `z = cut` is 0",
)
