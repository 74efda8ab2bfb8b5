"""Layers under one name."""

from symbp.library.declaration import Block

DECLARATION = Block(
    type="sequential",
    summary="the inner layers, one after the other, under one name",
    source="torch.nn.Sequential",
    level=True,
)
