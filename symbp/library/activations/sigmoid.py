"""The logistic function."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="sigmoid",
    summary="the logistic function, between 0 and 1",
    source="Verhulst 1845; Rumelhart, Hinton and Williams 1986",
    formula=Formula(plain="y = 1/(1 + exp(-z))", safe="y = sigmoid(z)"),
)
