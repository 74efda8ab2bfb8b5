"""The rectifier with a small slope below zero."""

from symbp.library.declaration import Activation, Formula, Key

DECLARATION = Activation(
    type="leaky_relu",
    summary="the positive part, and alpha times the negative part",
    source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013",
    formula=Formula(plain="y = where(z > 0, z, alpha*z)"),
    keys=(Key("alpha", "number", 0.01, doc="the slope below 0"),),
    subgradient="the derivative at `z = 0` is `alpha`",
)
