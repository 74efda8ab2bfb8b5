"""Uniform between two bounds."""

from symbp.library.declaration import Initializer, Key

DECLARATION = Initializer(
    type="uniform",
    summary="uniform between low and high",
    source="PyTorch, init.uniform_",
    distribution="uniform",
    scale="high",
    low="low",
    keys=(
        Key("low", "number", 0.0, doc="the lower bound"),
        Key("high", "number", 1.0, doc="the upper bound"),
    ),
)
