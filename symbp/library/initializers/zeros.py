"""All zeros."""

from symbp.library.declaration import Initializer

DECLARATION = Initializer(
    type="zeros",
    summary="0 everywhere",
    source="definition",
    distribution="constant",
    scale="0",
)
