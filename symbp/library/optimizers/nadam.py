"""Adam with Nesterov's momentum."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="nadam",
    summary="adam with momentum that looks one step ahead",
    source="Dozat, Incorporating Nesterov momentum into Adam, 2016, in the form of PyTorch",
    equations="""
mu = beta1*(1 - 1/2*0.96**(k*momentum_decay))
munext = beta1*(1 - 1/2*0.96**((k + 1)*momentum_decay))
c = c*mu
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
vhat = v/(1 - beta2**k)
w = w - lr*((1 - mu)/(1 - c)*g + munext/(1 - c*munext)*m)/(sqrt(vhat) + eps)
""",
    state=(
        ("c", 1.0),
        ("m", 0.0),
        ("v", 0.0),
    ),
    keys=(
        Key("lr", "number", 0.002, minimum=0.0, open_minimum=True, doc="the learning rate"),
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
        Key("momentum_decay", "number", 0.004, minimum=0.0, doc="how fast the momentum grows to beta1"),
    ),
)
