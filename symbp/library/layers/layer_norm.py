"""Normalised over the last axis."""

from symbp.library.declaration import Formula, Key, Layer, Parameter

NORMALISED = """
m[n] = mean[k](x[n,k])
r[n] = (mean[k]((x[n,k] - m[n])**2) + eps)**(-1/2)
"""

DECLARATION = Layer(
    type="layer_norm",
    summary="centred and divided by the standard deviation over the last axis, then scaled and shifted",
    source="Ba, Kiros and Hinton, Layer normalization, 2016; torch.nn.LayerNorm",
    inputs=("x[n,j]",),
    formulas=(
        Formula(
            plain=NORMALISED + "xhat[n,j] = (x[n,j] - m[n])*r[n]\ny[n,j] = gamma[j]*xhat[n,j] + beta[j]",
            when=(("affine", True),),
        ),
        Formula(plain=NORMALISED + "y[n,j] = (x[n,j] - m[n])*r[n]"),
    ),
    parameters=(
        Parameter("gamma", "[j]", "ones", when="affine", doc="the scale"),
        Parameter("beta", "[j]", "zeros", when="affine", doc="the shift"),
    ),
    keys=(
        Key("eps", "number", 1e-5, minimum=0.0, open_minimum=True, doc="added to the variance"),
        Key("affine", "boolean", True, doc="whether the result is scaled and shifted"),
    ),
)
