"""The soft sign."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="softsign",
    summary="z/(1 + |z|), between -1 and 1",
    source="Turian, Bergstra and Bengio, Quadratic features and deep architectures for chunking, 2009",
    formula=Formula(plain="y = z/(1 + abs(z))"),
)
