"""The scaled exponential linear unit."""

from symbp.library.declaration import Activation, Formula, Key

DECLARATION = Activation(
    type="selu",
    summary="elu with the alpha and the scale that keep mean 0 and variance 1",
    source="Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017",
    formula=Formula(
        plain="y = scale*where(z > 0, z, alpha*(exp(z) - 1))",
        safe="y = scale*where(z > 0, z, alpha*expm1(min(z, 0)))",
    ),
    keys=(
        Key("alpha", "number", 1.6732632423543772, minimum=0.0, open_minimum=True, doc="the fixed point's alpha"),
        Key("scale", "number", 1.0507009873554805, minimum=0.0, open_minimum=True, doc="the fixed point's scale"),
    ),
    subgradient="the derivative at `z = 0` is `scale*alpha`",
)
