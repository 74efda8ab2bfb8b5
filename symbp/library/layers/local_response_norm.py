"""Divided by a power of the mean square of neighbouring channels."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="local_response_norm",
    summary="divided by a power of the mean square of the channels around",
    source="Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012; "
    "torch.nn.LocalResponseNorm",
    inputs=("x[n,c,s]",),
    formulas=(
        Formula(
            plain="""
b[n,c,s] = k + alpha*sum[u](x[n,c + u - size//2,s]**2)/U
y[n,c,s] = x[n,c,s]*b[n,c,s]**(-beta)
"""
        ),
    ),
    sizes=(("size", "u"),),
    keys=(
        Key("axis", "axis", None, doc="the channels: by default those of an image, else the last axis"),
        Key("size", "integer", minimum=1, doc="the number of channels around, the own one included"),
        Key("alpha", "number", 1e-4, minimum=0.0, open_minimum=True, doc="the factor of the mean square"),
        Key("beta", "number", 0.75, minimum=0.0, open_minimum=True, doc="the power"),
        Key("k", "number", 1.0, minimum=0.0, open_minimum=True, doc="the constant that is added"),
    ),
    rest="s",
)
