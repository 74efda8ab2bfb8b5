"""The hinge loss of distances."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="hinge_embedding",
    summary="a distance itself where the target is 1, how far it stays below a margin where it is -1; the mean",
    source="torch.nn.HingeEmbeddingLoss",
    formulas=(Formula(plain="L = mean[n,j](where(t[n,j] > 0, y[n,j], max(0, margin - y[n,j])))"),),
    keys=(Key("margin", "number", 1.0, doc="the distance that is far enough"),),
    target_range="-1 or 1",
    score="",
    subgradient="the derivative at the margin is 0",
)
