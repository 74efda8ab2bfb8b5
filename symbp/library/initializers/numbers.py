"""Numbers given in the spec."""

from symbp.library.declaration import Initializer, Key

DECLARATION = Initializer(
    type="numbers",
    summary="the numbers given in the spec",
    source="definition",
    distribution="values",
    keys=(Key("values", "numbers", doc="nested lists in the shape of the parameter"),),
)
