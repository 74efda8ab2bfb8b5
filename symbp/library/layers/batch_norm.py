"""Each channel normalised by its mean and variance over the batch, and over time or space."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece, State

_TRAINING = """
m[c] = mean[n,s](x[n,c,s])
v[c] = mean[n,s]((x[n,c,s] - m[c])**2)
r[c] = (v[c] + eps)**(-1/2)
xhat[n,c,s] = (x[n,c,s] - m[c])*r[c]
"""
_RUNNING = """
r[c] = (running_var[c] + eps)**(-1/2)
xhat[n,c,s] = (x[n,c,s] - running_mean[c])*r[c]
"""
_OUTPUT = "y[n,c,s] = {scaled}"
_TRACKED = """
running_mean[c] = (1 - momentum)*running_mean[c] + momentum*m[c]
running_var[c] = (1 - momentum)*running_var[c] + momentum*v[c]*N*S/(N*S - 1)
"""

DECLARATION = Layer(
    type="batch_norm",
    summary="normalised over the batch",
    source="Ioffe and Szegedy 2015, Batch Normalization, arXiv:1502.03167",
    inputs=("x[n,c,s]",),
    formulas=(
        Formula(_RUNNING + _OUTPUT, when=(("statistics", "running"),)),
        Formula(_TRAINING + _OUTPUT, when=(("track", True),), inference=_RUNNING + _OUTPUT, after=_TRACKED),
        Formula(_TRAINING + _OUTPUT),
    ),
    pieces=(
        Piece("scaled", "gamma[c]*xhat[n,c,s] + beta[c]", when=(("affine", True),)),
        Piece("scaled", "xhat[n,c,s]"),
    ),
    parameters=(
        Parameter("gamma", "[c]", "ones", when="affine", doc="scale"),
        Parameter("beta", "[c]", "zeros", when="affine", doc="shift"),
    ),
    keys=(
        Key("axis", "axis", None, doc="the axis that is kept, by default the channels of an image, else the last axis"),
        Key("eps", "number", 1e-5, minimum=0.0, open_minimum=True, doc="added to the variance"),
        Key("momentum", "number", 0.1, minimum=0.0, maximum=1.0, doc="the weight of a batch in the running statistics"),
        Key("affine", "boolean", True, doc="scale and shift each channel by trained numbers"),
        Key("track", "boolean", True, doc="keep running statistics, and predict with them"),
        Key(
            "statistics",
            "choice",
            "batch",
            choices=("batch", "running"),
            doc="what a training step normalises with; running: the running statistics, which stay as they are",
        ),
    ),
    rest="s",
    state=(
        State("running_mean", "[c]", 0.0, doc="of the batch means"),
        State("running_var", "[c]", 1.0, doc="of the unbiased variances of the batches"),
    ),
)
