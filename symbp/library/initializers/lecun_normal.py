"""LeCun's normal distribution."""

from symbp.library.declaration import Initializer

DECLARATION = Initializer(
    type="lecun_normal",
    summary="normal, variance 1/fan_in, not truncated",
    source="LeCun, Bottou, Orr and Mueller, Efficient BackProp, 1998",
    distribution="normal",
    scale="sqrt(1/I)",
)
