"""The cosine of the angle between two vectors."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="cosine_similarity",
    summary="the cosine of the angle between two inputs; acts on the last axis, of which one number is left",
    source="torch.nn.CosineSimilarity",
    inputs=("x[n,i]", "z[n,i]"),
    formulas=(
        Formula(
            plain="""
a[n] = sqrt(sum[i](x[n,i]**2))
b[n] = sqrt(sum[i](z[n,i]**2))
y[n,k] = sum[i](x[n,i]*z[n,i])/(a[n]*b[n])
""",
            # A norm below eps counts as eps: no division by zero, and no gradient through the norm.
            safe="""
a[n] = sqrt(max(eps**2, sum[i](x[n,i]**2)))
b[n] = sqrt(max(eps**2, sum[i](z[n,i]**2)))
y[n,k] = sum[i](x[n,i]*z[n,i])/(a[n]*b[n])
""",
        ),
    ),
    extents=(("k", "1"),),
    keys=(Key("eps", "number", 1e-8, minimum=0.0, open_minimum=True, doc="the smallest norm that is told from 0"),),
    subgradient="a norm below `eps` is taken as the constant `eps`",
)
