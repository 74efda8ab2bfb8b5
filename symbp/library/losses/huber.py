"""Huber's loss."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="huber",
    summary="half the squared error up to delta, linear beyond; the mean over samples and outputs",
    source="Huber, Robust estimation of a location parameter, 1964; torch.nn.HuberLoss",
    formulas=(
        Formula(
            plain="""
e[n,j] = y[n,j] - t[n,j]
L = mean[n,j](where(abs(e[n,j]) <= delta, e[n,j]**2/2, delta*(abs(e[n,j]) - delta/2)))
""",
        ),
    ),
    keys=(Key("delta", "number", 1.0, minimum=0.0, open_minimum=True, doc="where the loss becomes linear"),),
)
