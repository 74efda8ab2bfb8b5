"""The rectifier with a trained slope below zero."""

from symbp.library.declaration import Activation, Formula, Parameter

DECLARATION = Activation(
    type="prelu",
    summary="the positive part, and a trained slope alpha below 0, one for each unit",
    source="He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015",
    formula=Formula(plain="y = where(z > 0, z, alpha*z)"),
    parameters=(Parameter("alpha", "[j]", "constant", init_keys=(("value", 0.25),), doc="the slope below 0"),),
    subgradient="the derivative at `z = 0` is `alpha`",
)
