"""Each channel normalised by its mean and variance over the batch, and over time or space."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, State

_TRAINING = """
m[c] = mean[n](x[n,c])
v[c] = mean[n]((x[n,c] - m[c])**2)
r[c] = (v[c] + eps)**(-1/2)
xhat[n,c] = (x[n,c] - m[c])*r[c]
y[n,c] = xhat[n,c]
"""
_AFFINE = _TRAINING.replace("= xhat[n,c]", "= gamma[c]*xhat[n,c] + beta[c]")
_RUNNING = """
r[c] = (running_var[c] + eps)**(-1/2)
xhat[n,c] = (x[n,c] - running_mean[c])*r[c]
y[n,c] = xhat[n,c]
"""
_AFFINE_RUNNING = _RUNNING.replace("= xhat[n,c]", "= gamma[c]*xhat[n,c] + beta[c]")
_TRACKED = """
running_mean[c] = (1 - momentum)*running_mean[c] + momentum*m[c]
running_var[c] = (1 - momentum)*running_var[c] + momentum*v[c]*N/(N - 1)
"""

DECLARATION = Layer(
    type="batch_norm",
    summary="normalised over the batch",
    source="Ioffe and Szegedy 2015, Batch Normalization, arXiv:1502.03167",
    inputs=("x[n,c]",),
    formulas=(
        Formula(_AFFINE_RUNNING, when=(("statistics", "running"), ("affine", True))),
        Formula(_RUNNING, when=(("statistics", "running"),)),
        Formula(_AFFINE, when=(("track", True), ("affine", True)), inference=_AFFINE_RUNNING, after=_TRACKED),
        Formula(_TRAINING, when=(("track", True),), inference=_RUNNING, after=_TRACKED),
        Formula(_AFFINE, when=(("affine", True),)),
        Formula(_TRAINING),
    ),
    parameters=(
        Parameter("gamma", "[c]", "ones", when="affine"),
        Parameter("beta", "[c]", "zeros", when="affine"),
    ),
    keys=(
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
    state=(
        State("running_mean", "[c]", 0.0, doc="of the batch means"),
        State("running_var", "[c]", 1.0, doc="of the unbiased variances of the batches"),
    ),
)
