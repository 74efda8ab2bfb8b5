"""Glorot's normal distribution."""

from symbp.library.declaration import Initializer

DECLARATION = Initializer(
    type="glorot_normal",
    summary="normal, variance 2/(fan_in + fan_out)",
    source="Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010",
    distribution="normal",
    scale="sqrt(2/(I + O))",
)
