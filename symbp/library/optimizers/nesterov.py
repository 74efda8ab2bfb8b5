"""Gradient descent with Nesterov's momentum."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="nesterov",
    summary="momentum that looks one step ahead",
    source="Nesterov 1983; Sutskever, Martens, Dahl and Hinton 2013, in the form of PyTorch's SGD",
    equations="""
v = momentum*v + g
w = w - lr*(g + momentum*v)
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
