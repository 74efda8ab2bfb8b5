"""Values at or below a threshold replaced."""

from symbp.library.declaration import Activation, Formula, Key

DECLARATION = Activation(
    type="threshold",
    summary="z above the threshold, value elsewhere",
    source="PyTorch, torch.nn.Threshold",
    formula=Formula(plain="y = where(z > threshold, z, value)"),
    keys=(
        Key("threshold", "number", 0.0, doc="where z begins to pass"),
        Key("value", "number", 0.0, doc="the value elsewhere"),
    ),
    subgradient="the derivative at `z = threshold` is 0",
)
