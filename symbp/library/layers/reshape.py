"""The same numbers by other axes."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="reshape",
    summary="other axes for the same numbers, in C order",
    source="numpy.reshape",
    inputs=("x[n,*(s)]",),
    formulas=(Formula(plain="y[n,s] = x[n,s]"),),
    keys=(Key("shape", "shape", dims=("s",), doc="the sizes of the axes; one that is -1 follows from the others"),),
)
