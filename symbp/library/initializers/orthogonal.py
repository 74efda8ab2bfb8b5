"""A matrix with orthonormal rows or columns."""

from symbp.library.declaration import Initializer, Key

DECLARATION = Initializer(
    type="orthogonal",
    summary="gain times a random matrix with orthonormal rows or columns",
    source="Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning, 2013",
    distribution="orthogonal",
    scale="gain",
    keys=(Key("gain", "number", 1.0, doc="the factor"),),
)
