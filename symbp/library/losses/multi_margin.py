"""The hinge loss of several classes."""

from symbp.library.declaration import Formula, Key, Loss

LINEAR = ("norm", 1)
WEIGHTED = ("class_weights", True)
SHORT = "h[n,j] = max(0, margin - y[n,t[n]] + y[n,j])*[j != t[n]]"
WEIGHT = "c[n] = class_weights[t[n]]"

DECLARATION = Loss(
    type="multi_margin",
    summary="how far each other score comes within a margin of that of the right class; the mean over classes",
    source="Weston and Watkins, Multi-class support vector machines, 1998; torch.nn.MultiMarginLoss",
    formulas=(
        Formula(
            when=(LINEAR, WEIGHTED), plain=f"{WEIGHT}\n{SHORT}\nL = mean[n](c[n]*mean[j](h[n,j]))"
        ),
        Formula(when=(LINEAR,), plain=f"{SHORT}\nL = mean[n,j](h[n,j])"),
        Formula(when=(WEIGHTED,), plain=f"{WEIGHT}\n{SHORT}\nL = mean[n](c[n]*mean[j](h[n,j]**2))"),
        Formula(plain=f"{SHORT}\nL = mean[n,j](h[n,j]**2)"),
    ),
    keys=(
        Key("margin", "number", 1.0, doc="by how much the right class is to lead"),
        Key("norm", "integer", 1, minimum=1, maximum=2, doc="2: the square of each part counts"),
    ),
    target="integer",
    arrays=(("class_weights", "[j]"),),
    score="accuracy",
    predict="argmax",
    subgradient="the derivative at the margin is 0",
)
