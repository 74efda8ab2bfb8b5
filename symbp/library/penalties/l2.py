"""Half the sum of the squared weights."""

from symbp.library.declaration import Penalty

DECLARATION = Penalty(
    type="l2",
    summary="a/2 times the sum of the squared weights, biases left out",
    source="Krogh and Hertz, A simple weight decay can improve generalization, 1991",
    formula="a/2*w**2",
)
