"""Adadelta."""

from symbp.library.declaration import Key, Optimizer

DECLARATION = Optimizer(
    type="adadelta",
    summary="steps in the units of the weights, from means of squared gradients and squared steps",
    source="Zeiler, ADADELTA: an adaptive learning rate method, 2012, in the form of PyTorch",
    equations="""
s = rho*s + (1 - rho)*g**2
d = sqrt(u + eps)/sqrt(s + eps)*g
u = rho*u + (1 - rho)*d**2
w = w - lr*d
""",
    state=(
        ("s", 0.0),
        ("u", 0.0),
    ),
    keys=(
        Key("lr", "number", 1.0, minimum=0.0, open_minimum=True, doc="the learning rate"),
        Key("rho", "number", 0.9, minimum=0.0, maximum=1.0, open_maximum=True, doc="decay of both means"),
        Key("eps", "number", 1e-06, minimum=0.0, open_minimum=True, doc="added under both roots"),
    ),
)
