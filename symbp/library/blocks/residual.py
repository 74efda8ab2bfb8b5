"""A detour around layers."""

from symbp.library.declaration import Block

DECLARATION = Block(
    type="residual",
    summary="the input added to what the inner layers make of it",
    source="He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2015",
    merge="add",
    branch="shortcut",
)
