"""Normalised over groups of channels of an image."""

from symbp.library.declaration import Formula, Key, Layer, Parameter

NORMALISED = """
m[n,g] = mean[c,h,w](x[n,g,c,h,w])
r[n,g] = (mean[c,h,w]((x[n,g,c,h,w] - m[n,g])**2) + eps)**(-1/2)
"""
AFFINE = """
xhat[n,g,c,h,w] = (x[n,g,c,h,w] - m[n,g])*r[n,g]
y[n,g,c,h,w] = gamma[g,c]*xhat[n,g,c,h,w] + beta[g,c]
"""

DECLARATION = Layer(
    type="group_norm",
    summary="centred and divided by the standard deviation over groups of channels of an image, then scaled and shifted",
    source="Wu and He, Group normalization, 2018; torch.nn.GroupNorm",
    inputs=("x[n,(g c),h,w]",),
    output="y[n,(g c),h,w]",
    formulas=(
        Formula(plain=NORMALISED + AFFINE, when=(("affine", True),)),
        Formula(plain=NORMALISED + "y[n,g,c,h,w] = (x[n,g,c,h,w] - m[n,g])*r[n,g]"),
    ),
    sizes=(("groups", "g"),),
    parameters=(
        Parameter("gamma", "[(g c)]", "ones", when="affine", doc="the scale"),
        Parameter("beta", "[(g c)]", "zeros", when="affine", doc="the shift"),
    ),
    keys=(
        Key("groups", "integer", minimum=1, doc="into how many groups the channels are split"),
        Key("eps", "number", 1e-5, minimum=0.0, open_minimum=True, doc="added to the variance"),
        Key("affine", "boolean", True, doc="whether the result is scaled and shifted"),
    ),
)
