"""Adam with decoupled weight decay."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="adamw",
    summary="adam, with weight decay apart from the gradient",
    source="Loshchilov and Hutter, Decoupled weight decay regularization, 2017",
    equations="""
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
mhat = m/(1 - beta1**k)
vhat = v/(1 - beta2**k)
w = w - lr*mhat/(sqrt(vhat) + eps)
""",
    decayed="w = w - lr*weight_decay*w",
    state=(
        ("m", 0.0),
        ("v", 0.0),
    ),
    keys=(
        Key("lr", "number", 0.001, minimum=0.0, open_minimum=True, doc="the learning rate"),
        Key(
            "beta1",
            "number",
            0.9,
            minimum=0.0,
            maximum=1.0,
            open_maximum=True,
            doc="decay of the mean of the gradients",
        ),
        Key(
            "beta2",
            "number",
            0.999,
            minimum=0.0,
            maximum=1.0,
            open_maximum=True,
            doc="decay of the mean of the squared gradients",
        ),
        Key("eps", "number", 1e-08, minimum=0.0, open_minimum=True, doc="added to the divisor"),
        Key(
            "weight_decay",
            "number",
            0.01,
            minimum=0.0,
            doc="the share of each weight, times lr, that a step takes away",
        ),
    ),
)
