"""Divided by the root of the mean square over the last axis."""

from symbp.library.declaration import Formula, Key, Layer, Parameter

ROOT = "r[n] = (mean[k](x[n,k]**2) + eps)**(-1/2)\n"

DECLARATION = Layer(
    type="rms_norm",
    summary="divided by the root of the mean square over the last axis, then scaled",
    source="Zhang and Sennrich, Root mean square layer normalization, 2019; torch.nn.RMSNorm",
    inputs=("x[n,j]",),
    formulas=(
        Formula(plain=ROOT + "xhat[n,j] = x[n,j]*r[n]\ny[n,j] = gamma[j]*xhat[n,j]", when=(("affine", True),)),
        Formula(plain=ROOT + "y[n,j] = x[n,j]*r[n]"),
    ),
    parameters=(Parameter("gamma", "[j]", "ones", when="affine", doc="the scale"),),
    keys=(
        Key("eps", "number", 1e-6, minimum=0.0, open_minimum=True, doc="added to the mean square"),
        Key("affine", "boolean", True, doc="whether the result is scaled"),
    ),
)
