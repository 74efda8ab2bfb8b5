"""The exponential linear unit."""

from symbp.library.declaration import Activation, Formula, Key

DECLARATION = Activation(
    type="elu",
    summary="the positive part, and alpha*(exp(z) - 1) below 0",
    source="Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by ELUs, 2015",
    formula=Formula(
        plain="y = where(z > 0, z, alpha*(exp(z) - 1))",
        safe="y = where(z > 0, z, alpha*expm1(min(z, 0)))",
    ),
    keys=(Key("alpha", "number", 1.0, doc="minus the limit for z to minus infinity"),),
    subgradient="the derivative at `z = 0` is `alpha`",
)
