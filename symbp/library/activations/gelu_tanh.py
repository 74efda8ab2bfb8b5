"""The Gaussian error linear unit, tanh form."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="gelu_tanh",
    summary="the approximation of gelu by tanh",
    source="Hendrycks and Gimpel, Gaussian error linear units, 2016, equation 4",
    formula=Formula(
        plain="""
u = tanh(sqrt(2/pi)*(z + 0.044715*z**3))
y = z*(1 + u)/2
""",
    ),
)
