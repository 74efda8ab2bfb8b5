"""Silu with the sigmoid in three straight pieces."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="hardswish",
    summary="z times its hard sigmoid",
    source="Howard et al., Searching for MobileNetV3, 2019",
    formula=Formula(
        plain="""
r = max(0, min(1, z/6 + 1/2))
y = z*r
""",
    ),
    subgradient="the derivative is 0 at `z = -3` and 1 at `z = 3`",
)
