"""Adagrad."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="adagrad",
    summary="each weight's step divided by the root of its summed squared gradients",
    source="Duchi, Hazan and Singer, Adaptive subgradient methods, 2011, in the form of PyTorch",
    equations="""
s = s + g**2
w = w - lr*g/(sqrt(s) + eps)
""",
    state=(("s", 0.0),),
    keys=(
        Key("lr", "number", 0.01, minimum=0.0, open_minimum=True, doc="the learning rate"),
        Key("eps", "number", 1e-10, minimum=0.0, open_minimum=True, doc="added to the divisor"),
    ),
)
