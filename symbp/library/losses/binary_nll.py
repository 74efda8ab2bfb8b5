"""The negative log-likelihood of probabilities of yes or no."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="binary_nll",
    summary="cross-entropy of yes-or-no targets, from probabilities between 0 and 1; the mean over everything",
    source="torch.nn.BCELoss; binary_cross_entropy takes scores, and has no largest value",
    # A probability below eps counts as eps: no logarithm of 0, and no gradient from there.
    formulas=(
        Formula(
            plain="""
            p[n,j] = max(eps, y[n,j])
            q[n,j] = max(eps, 1 - y[n,j])
            L = -mean[n,j](t[n,j]*log(p[n,j]) + (1 - t[n,j])*log(q[n,j]))
            """
        ),
    ),
    keys=(Key("eps", "number", 1e-12, minimum=0.0, open_minimum=True, doc="the smallest probability"),),
    target_range="0..1",
    score="r2",
    subgradient="a probability below `eps` is taken as the constant `eps`",
)
