"""The sigmoid in three straight pieces."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="hardsigmoid",
    summary="z/6 + 1/2 between 0 and 1",
    source="Howard et al., Searching for MobileNetV3, 2019",
    formula=Formula(plain="y = max(0, min(1, z/6 + 1/2))"),
    subgradient="the derivative at `z = -3` and at `z = 3` is 0",
)
