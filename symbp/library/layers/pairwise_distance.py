"""The distance of two vectors."""

from symbp.library.declaration import Formula, Key, Layer

DIFFERENCE = "d[n,i] = x[n,i] - z[n,i] + eps"

DECLARATION = Layer(
    type="pairwise_distance",
    summary="the distance between two inputs; acts on the last axis, of which one number is left",
    source="torch.nn.PairwiseDistance",
    inputs=("x[n,i]", "z[n,i]"),
    formulas=(
        Formula(when=(("norm", 2),), plain=f"{DIFFERENCE}\ny[n,k] = sqrt(sum[i](d[n,i]**2))"),
        Formula(when=(("norm", 1),), plain=f"{DIFFERENCE}\ny[n,k] = sum[i](abs(d[n,i]))"),
        Formula(plain=f"{DIFFERENCE}\ny[n,k] = sum[i](abs(d[n,i])**norm)**(1/norm)"),
    ),
    extents=(("k", "1"),),
    keys=(
        Key("norm", "integer", 2, minimum=1, doc="the p of the norm: 2 is Euclid's"),
        Key("eps", "number", 1e-6, minimum=0.0, open_minimum=True, doc="added to each difference"),
    ),
    subgradient="the derivative of the distance at `d = 0` is 0",
)
