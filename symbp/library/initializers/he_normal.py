"""He's normal distribution."""

from symbp.library.declaration import Initializer

DECLARATION = Initializer(
    type="he_normal",
    summary="normal, variance 2/fan_in, not truncated",
    source="He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015",
    distribution="normal",
    scale="sqrt(2/I)",
)
