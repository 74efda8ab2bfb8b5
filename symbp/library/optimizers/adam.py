"""Adam."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="adam",
    summary="steps from bias-corrected means of the gradients and their squares",
    source="Kingma and Ba, Adam: a method for stochastic optimization, 2014",
    equations="""
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
mhat = m/(1 - beta1**k)
vhat = v/(1 - beta2**k)
w = w - lr*mhat/(sqrt(vhat) + eps)
""",
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
    ),
)
