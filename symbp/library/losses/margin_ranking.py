"""The ranking loss of pairs of scores."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="margin_ranking",
    summary="how far one score is from being above the other (target 1) or below it (-1) by a margin; the mean",
    source="Herbrich, Graepel and Obermayer, Large margin rank boundaries, 2000; torch.nn.MarginRankingLoss",
    inputs=("a[n,j]", "b[n,j]"),
    formulas=(Formula(plain="L = mean[n,j](max(0, margin - t[n,j]*(a[n,j] - b[n,j])))"),),
    keys=(Key("margin", "number", 0.0, doc="by how much the higher score is to lead"),),
    target_range="-1 or 1",
    score="",
    subgradient="the derivative at the margin is 0",
)
