"""The logarithm of the logistic function."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="logsigmoid",
    summary="log(sigmoid(z)), at most 0",
    source="definition",
    formula=Formula(plain="y = log(1/(1 + exp(-z)))", safe="y = -softplus(-z)"),
)
