"""LeCun's uniform distribution."""

from symbp.library.declaration import Initializer

DECLARATION = Initializer(
    type="lecun_uniform",
    summary="uniform between -a and a, a = sqrt(3/fan_in)",
    source="LeCun, Bottou, Orr and Mueller, Efficient BackProp, 1998",
    distribution="uniform",
    scale="sqrt(3/I)",
)
