"""The triplet loss of distances that layers compute."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="triplet_distance",
    summary="how far one distance is from being smaller than another by a margin, whatever layers gave them; the mean",
    source="torch.nn.TripletMarginWithDistanceLoss",
    inputs=("d[n,j]", "e[n,j]"),
    formulas=(Formula(plain="L = mean[n,j](max(0, d[n,j] - e[n,j] + margin))"),),
    keys=(Key("margin", "number", 1.0, doc="by how much the second distance is to be greater"),),
    target="none",
    score="",
    subgradient="the derivative at the margin is 0",
)
