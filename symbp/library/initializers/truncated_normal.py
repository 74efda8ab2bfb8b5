"""Normally distributed, the tails left out."""

from symbp.library.declaration import Initializer, Key

DECLARATION = Initializer(
    type="truncated_normal",
    summary="normal with mean and std, drawn again beyond two std",
    source="Keras, TruncatedNormal",
    distribution="truncated_normal",
    scale="std",
    mean="mean",
    keys=(
        Key("mean", "number", 0.0, doc="the mean"),
        Key("std", "number", 1.0, minimum=0.0, doc="the standard deviation"),
    ),
)
