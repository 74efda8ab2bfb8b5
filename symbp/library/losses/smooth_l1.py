"""The smooth L1 loss."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="smooth_l1",
    summary="the absolute error, rounded off below beta; the mean over samples and outputs",
    source="Girshick, Fast R-CNN, 2015; torch.nn.SmoothL1Loss",
    formulas=(
        Formula(
            plain="""
e[n,j] = y[n,j] - t[n,j]
L = mean[n,j](where(abs(e[n,j]) < beta, e[n,j]**2/(2*beta), abs(e[n,j]) - beta/2))
""",
        ),
    ),
    keys=(Key("beta", "number", 1.0, minimum=0.0, open_minimum=True, doc="where the rounding ends"),),
)
