"""The cosine loss."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="cosine",
    summary="1 minus the cosine of the angle between output and target; the mean over samples",
    source="torch.nn.CosineEmbeddingLoss, for pairs that belong together",
    formulas=(
        Formula(
            plain="""
a[n] = sqrt(sum[j](y[n,j]**2))
b[n] = sqrt(sum[j](t[n,j]**2))
c[n] = sum[j](y[n,j]*t[n,j])/(a[n]*b[n])
L = mean[n](1 - c[n])
""",
            # A norm below eps counts as eps: no division by zero, and no gradient through the norm.
            safe="""
a[n] = sqrt(max(eps**2, sum[j](y[n,j]**2)))
b[n] = sqrt(max(eps**2, sum[j](t[n,j]**2)))
c[n] = sum[j](y[n,j]*t[n,j])/(a[n]*b[n])
L = mean[n](1 - c[n])
""",
        ),
    ),
    keys=(Key("eps", "number", 1e-8, minimum=0.0, open_minimum=True, doc="the smallest norm that is told from 0"),),
    subgradient="a norm below `eps` is taken as the constant `eps`",
)
