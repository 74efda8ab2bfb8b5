"""RMSprop."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="rmsprop",
    summary="each weight's step divided by the root of its mean squared gradient",
    source="Tieleman and Hinton 2012, in the form of PyTorch",
    equations="""
s = alpha*s + (1 - alpha)*g**2
w = w - lr*g/(sqrt(s) + eps)
""",
    state=(("s", 0.0),),
    keys=(
        Key("lr", "number", 0.01, minimum=0.0, open_minimum=True, doc="the learning rate"),
        Key(
            "alpha",
            "number",
            0.99,
            minimum=0.0,
            maximum=1.0,
            open_maximum=True,
            doc="decay of the mean of the squared gradients",
        ),
        Key("eps", "number", 1e-08, minimum=0.0, open_minimum=True, doc="added to the divisor"),
    ),
)
