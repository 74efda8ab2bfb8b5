"""He's uniform distribution."""

from symbp.library.declaration import Initializer

DECLARATION = Initializer(
    type="he_uniform",
    summary="uniform between -a and a, a = sqrt(6/fan_in)",
    source="He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015",
    distribution="uniform",
    scale="sqrt(6/I)",
)
