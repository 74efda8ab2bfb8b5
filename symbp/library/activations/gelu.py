"""The Gaussian error linear unit, exact form."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="gelu",
    summary="z times the normal distribution function Phi(z)",
    source="Hendrycks and Gimpel, Gaussian error linear units, 2016",
    formula=Formula(
        plain="""
Phi = (1 + erf(z/sqrt(2)))/2
y = z*Phi
""",
    ),
)
