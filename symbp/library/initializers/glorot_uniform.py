"""Glorot's uniform distribution."""

from symbp.library.declaration import Initializer

DECLARATION = Initializer(
    type="glorot_uniform",
    summary="uniform between -a and a, a = sqrt(6/(fan_in + fan_out))",
    source="Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010",
    distribution="uniform",
    scale="sqrt(6/(I + O))",
)
