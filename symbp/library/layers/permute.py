"""The axes in another order."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="permute",
    summary="the axes in another order",
    source="torch.permute",
    inputs=("x[n,r]",),
    formulas=(Formula(plain="y[n,p] = x[n,r]"),),
    rest="r",
    keys=(Key("order", "order", dims=("r", "p"), doc="what the axes mean, or their numbers from 1, in the new order"),),
)
