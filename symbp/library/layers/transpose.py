"""Two axes change places."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="transpose",
    summary="two axes change places",
    source="torch.transpose",
    inputs=("x[n,r]",),
    formulas=(Formula(plain="y[n,p] = x[n,r]"),),
    rest="r",
    keys=(
        Key(
            "axes",
            "pair",
            None,
            dims=("r", "p"),
            doc="what the two mean, or their numbers from 1; default: the last two",
        ),
    ),
)
