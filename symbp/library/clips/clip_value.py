"""Every entry of the gradient bounded."""

from symbp.library.declaration import Clip

DECLARATION = Clip(
    type="clip_value",
    summary="the largest absolute value of an entry of the gradient",
    source="PyTorch's clip_grad_value_",
    equations="g[i] = max(-c, min(c, g[i]))",
)
