"""The identity between two bounds."""

from symbp.library.declaration import Activation, Formula, Key, Requirement

DECLARATION = Activation(
    type="hardtanh",
    summary="z between low and high, constant outside",
    source="Collobert, Large scale machine learning, 2004",
    formula=Formula(plain="y = max(low, min(high, z))"),
    keys=(
        Key("low", "number", -1.0, doc="the smallest value"),
        Key("high", "number", 1.0, doc="the largest value, above low"),
    ),
    subgradient="the derivative at `z = low` and at `z = high` is 0",
    requires=(Requirement("low", "low", "high", "`low` is {least}, above `high`, which is {most}"),),
)
