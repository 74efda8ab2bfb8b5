"""The beginning of a sequence."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="first_step",
    summary="the first step of a sequence",
    source="the class token of Devlin et al., BERT, 2019",
    inputs=("x[n,t,i]",),
    formulas=(Formula(plain="y[n,i] = x[n,0,i]"),),
)
