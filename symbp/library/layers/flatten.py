"""An image as one row of numbers."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="flatten",
    summary="all axes but the batch axis made one, in C order",
    source="torch.nn.Flatten",
    inputs=("x[n,r]",),
    output="y[n,(r)]",
    formulas=(Formula(plain="y[n,r] = x[n,r]"),),
    rest="r",
)
