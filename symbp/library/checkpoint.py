"""The key of blocks that stand there several times over: less memory for one more forward pass."""

from symbp.library.declaration import Key

CHECKPOINT = Key(
    "checkpoint",
    "boolean",
    False,
    doc="whether the backward pass computes what is within a copy again instead of keeping it: less memory, one more "
    "forward pass, the same gradients (the simplest form and modules with Hessian-vector products keep all)",
)
