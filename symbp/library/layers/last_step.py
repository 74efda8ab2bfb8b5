"""The end of a sequence."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="last_step",
    summary="the last step of a sequence",
    source="the last state of a recurrent layer",
    inputs=("x[n,t,i]",),
    formulas=(Formula(plain="y[n,i] = x[n,T-1,i]"),),
)
