"""Integers as places."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="one_hot",
    summary="1 at the place that each integer names, 0 elsewhere",
    source="definition; torch.nn.functional.one_hot",
    inputs=("ids[n]",),
    integer_inputs=("ids",),
    formulas=(Formula(plain="y[n,k] = [ids[n] == k]"),),
    sizes=(("rows", "k"),),
    keys=(Key("rows", "size", minimum=1, doc="the number of places: the integers are below it"),),
)
