"""Normalised over groups of channels, and over time or space."""

from symbp.library.declaration import Formula, Key, Layer, Parameter

NORMALISED = """
m[n,g] = mean[a,c,s](x[n,a,g,c,s])
r[n,g] = (mean[a,c,s]((x[n,a,g,c,s] - m[n,g])**2) + eps)**(-1/2)
"""
AFFINE = """
xhat[n,a,g,c,s] = (x[n,a,g,c,s] - m[n,g])*r[n,g]
y[n,a,g,c,s] = gamma[g,c]*xhat[n,a,g,c,s] + beta[g,c]
"""

DECLARATION = Layer(
    type="group_norm",
    summary="each group of channels of each sample normalised, then scaled and shifted",
    source="Wu and He 2018, Group Normalization, arXiv:1803.08494; torch.nn.GroupNorm",
    inputs=("x[n,a,(g c),s]",),
    output="y[n,a,(g c),s]",
    formulas=(
        Formula(plain=NORMALISED + AFFINE, when=(("affine", True),)),
        Formula(plain=NORMALISED + "y[n,a,g,c,s] = (x[n,a,g,c,s] - m[n,g])*r[n,g]"),
    ),
    sizes=(("groups", "g"),),
    parameters=(
        Parameter("gamma", "[(g c)]", "ones", when="affine", doc="the scale"),
        Parameter("beta", "[(g c)]", "zeros", when="affine", doc="the shift"),
    ),
    keys=(
        Key("groups", "integer", minimum=1, doc="into how many groups the channels are split"),
        Key("axis", "axis", None, doc="the channels: by default those of an image, else the last axis"),
        Key("eps", "number", 1e-5, minimum=0.0, open_minimum=True, doc="added to the variance"),
        Key("affine", "boolean", True, doc="whether the result is scaled and shifted"),
    ),
    rest="s",
    ahead="a",
)
