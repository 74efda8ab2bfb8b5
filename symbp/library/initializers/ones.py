"""All ones."""

from symbp.library.declaration import Initializer

DECLARATION = Initializer(
    type="ones",
    summary="1 everywhere",
    source="definition",
    distribution="constant",
    scale="1",
)
