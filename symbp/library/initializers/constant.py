"""One number everywhere."""

from symbp.library.declaration import Initializer, Key

DECLARATION = Initializer(
    type="constant",
    summary="one number everywhere",
    source="definition",
    distribution="constant",
    scale="value",
    keys=(Key("value", "number", doc="the number"),),
)
