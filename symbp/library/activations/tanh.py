"""The hyperbolic tangent."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="tanh",
    summary="the hyperbolic tangent, between -1 and 1",
    source="LeCun, Bottou, Orr and Mueller, Efficient BackProp, 1998",
    formula=Formula(plain="y = tanh(z)"),
)
