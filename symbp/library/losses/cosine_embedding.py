"""The cosine loss of pairs."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="cosine_embedding",
    summary="1 minus the cosine for pairs that belong together, how far it is above a margin for others; the mean",
    source="torch.nn.CosineEmbeddingLoss",
    inputs=("a[n,j]", "b[n,j]"),
    formulas=(
        Formula(
            plain="""
p[n] = sum[j](a[n,j]**2) + eps
q[n] = sum[j](b[n,j]**2) + eps
c[n] = sum[j](a[n,j]*b[n,j])/sqrt(p[n]*q[n])
L = mean[n](where(t[n] > 0, 1 - c[n], max(0, c[n] - margin)))
""",
        ),
    ),
    keys=(
        Key("margin", "number", 0.0, minimum=-1.0, maximum=1.0, doc="the cosine that others may have"),
        Key("eps", "number", 1e-12, minimum=0.0, open_minimum=True, doc="added to each squared norm"),
    ),
    target_axes="[n]",
    target_range="-1 or 1",
    score="",
    subgradient="the derivative where the cosine is the margin is 0",
)
