"""The smooth rectifier."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="softplus",
    summary="log(1 + exp(z)), a smooth positive part",
    source="Dugas, Bengio, Belisle, Nadeau and Garcia, Incorporating second-order functional knowledge, 2000",
    formula=Formula(plain="y = log(1 + exp(z))", safe="y = softplus(z)"),
)
