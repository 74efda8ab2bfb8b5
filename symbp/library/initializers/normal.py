"""Normally distributed."""

from symbp.library.declaration import Initializer, Key

DECLARATION = Initializer(
    type="normal",
    summary="normal with mean and std",
    source="PyTorch, init.normal_",
    distribution="normal",
    scale="std",
    mean="mean",
    keys=(
        Key("mean", "number", 0.0, doc="the mean"),
        Key("std", "number", 1.0, minimum=0.0, doc="the standard deviation"),
    ),
)
