"""Nothing at all."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="identity",
    summary="the input as it is",
    source="torch.nn.Identity",
    inputs=("x[n]",),
    formulas=(Formula(plain="y[n] = x[n]"),),
)
