"""The continuously differentiable exponential linear unit."""

from symbp.library.declaration import Activation, Formula, Key

DECLARATION = Activation(
    type="celu",
    summary="the positive part, and alpha*(exp(z/alpha) - 1) below 0",
    source="Barron, Continuously differentiable exponential linear units, 2017",
    formula=Formula(
        plain="y = where(z > 0, z, alpha*(exp(z/alpha) - 1))",
        safe="y = where(z > 0, z, alpha*expm1(min(z, 0)/alpha))",
    ),
    keys=(Key("alpha", "number", 1.0, minimum=0.0, open_minimum=True, doc="minus the limit for z to minus infinity"),),
)
