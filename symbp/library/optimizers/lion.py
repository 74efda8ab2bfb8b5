"""Lion."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="lion",
    summary="steps of equal size along the signs of a mean of the gradients",
    source="Chen et al., Symbolic discovery of optimization algorithms, 2023",
    equations="""
u = sign(beta1*m + (1 - beta1)*g)
w = w - lr*u
m = beta2*m + (1 - beta2)*g
""",
    decayed="w = w - lr*weight_decay*w",
    state=(("m", 0.0),),
    keys=(
        Key("lr", "number", 0.0001, minimum=0.0, open_minimum=True, doc="the learning rate"),
        Key("beta1", "number", 0.9, minimum=0.0, maximum=1.0, open_maximum=True, doc="weight of the mean in the step"),
        Key(
            "beta2",
            "number",
            0.99,
            minimum=0.0,
            maximum=1.0,
            open_maximum=True,
            doc="decay of the mean of the gradients",
        ),
        Key(
            "weight_decay", "number", 0.0, minimum=0.0, doc="the share of each weight, times lr, that a step takes away"
        ),
    ),
)
