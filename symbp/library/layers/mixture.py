"""Experts, weighted by a gate."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="mixture",
    summary="the sum of all inputs but the first, each times its number of the first: experts and their gate",
    source="Jacobs, Jordan, Nowlan and Hinton, Adaptive mixtures of local experts, 1991",
    inputs=("gate[n,e]", "x#[n,i]"),
    formulas=(Formula(plain="y[n,i] = {gate[n,#-1]*x#[n,i]|+}"),),
    extents=(("e", "{1|+}"),),  # a weight for each expert
)
