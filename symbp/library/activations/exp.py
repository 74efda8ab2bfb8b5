"""The exponential."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="exp",
    summary="the exponential; overflows where its value does",
    source="definition",
    formula=Formula(plain="y = exp(z)"),
)
