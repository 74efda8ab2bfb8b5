"""A constant learning rate."""

from symbp.library.declaration import Schedule

DECLARATION = Schedule(
    type="constant",
    summary="lr at every step",
    source="definition",
    formula="lr",
)
