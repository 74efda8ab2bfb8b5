"""The same numbers at every step."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="repeat_vector",
    summary="a sequence whose steps are all the input",
    source="Keras, RepeatVector",
    inputs=("x[n,i]",),
    formulas=(Formula(plain="y[n,t,i] = x[n,i]"),),
    sizes=(("times", "t"),),
    keys=(Key("times", "size", minimum=1, doc="the number of steps"),),
)
