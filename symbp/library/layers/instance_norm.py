"""Each channel of each sample normalised by its own mean and variance over time or space."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece, State

_TRAINING = """
m[n,c] = mean[a,s](x[n,a,c,s])
v[n,c] = mean[a,s]((x[n,a,c,s] - m[n,c])**2)
r[n,c] = (v[n,c] + eps)**(-1/2)
xhat[n,a,c,s] = (x[n,a,c,s] - m[n,c])*r[n,c]
"""
_RUNNING = """
r[c] = (running_var[c] + eps)**(-1/2)
xhat[n,a,c,s] = (x[n,a,c,s] - running_mean[c])*r[c]
"""
_OUTPUT = "y[n,a,c,s] = {scaled}"
_TRACKED = """
running_mean[c] = (1 - momentum)*running_mean[c] + momentum*mean[n](m[n,c])
running_var[c] = (1 - momentum)*running_var[c] + momentum*mean[n](v[n,c])*A*S/(A*S - 1)
"""

DECLARATION = Layer(
    type="instance_norm",
    summary="each channel of each sample normalised",
    source="Ulyanov, Vedaldi and Lempitsky 2016, Instance Normalization, arXiv:1607.08022",
    inputs=("x[n,a,c,s]",),
    formulas=(
        Formula(_TRAINING + _OUTPUT, when=(("track", True),), inference=_RUNNING + _OUTPUT, after=_TRACKED),
        Formula(_TRAINING + _OUTPUT),
    ),
    pieces=(
        Piece("scaled", "gamma[c]*xhat[n,a,c,s] + beta[c]", when=(("affine", True),)),
        Piece("scaled", "xhat[n,a,c,s]"),
    ),
    parameters=(
        Parameter("gamma", "[c]", "ones", when="affine", doc="scale"),
        Parameter("beta", "[c]", "zeros", when="affine", doc="shift"),
    ),
    keys=(
        Key("axis", "axis", None, doc="the channels: by default those of an image, else the last axis"),
        Key("eps", "number", 1e-5, minimum=0.0, open_minimum=True, doc="added to the variance"),
        Key("momentum", "number", 0.1, minimum=0.0, maximum=1.0, doc="the weight of a batch in the running statistics"),
        Key("affine", "boolean", False, doc="scale and shift each channel by trained numbers"),
        Key("track", "boolean", False, doc="keep running statistics, and predict with them"),
    ),
    rest="s",
    ahead="a",
    state=(
        State("running_mean", "[c]", 0.0, doc="of the means of the samples"),
        State("running_var", "[c]", 1.0, doc="of their unbiased variances"),
    ),
)
