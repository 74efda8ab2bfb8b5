"""The rectifier with a ceiling at six."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="relu6",
    summary="the positive part, at most 6",
    source="Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010",
    formula=Formula(plain="y = max(0, min(6, z))"),
    subgradient="the derivative at `z = 0` and at `z = 6` is 0",
)
