"""Gradient descent with momentum."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="momentum",
    summary="a step along minus a decaying sum of the gradients",
    source="Polyak 1964, in the form of PyTorch's SGD",
    equations="""
v = momentum*v + g
w = w - lr*v
""",
    state=(("v", 0.0),),
    keys=(
        Key(
            "momentum",
            "number",
            0.9,
            minimum=0.0,
            maximum=1.0,
            open_maximum=True,
            doc="the part of the velocity that is kept",
        ),
    ),
)
