"""Costs to probabilities."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="softmin",
    summary="softmax of the negative values over the last axis: the smallest has the largest probability",
    source="torch.nn.Softmin",
    inputs=("x[n,j]",),
    formulas=(
        Formula(
            plain="y[n,j] = exp(-x[n,j]) / sum[k](exp(-x[n,k]))",
            # The smallest value taken out: no exponential is above 1, and one of them is 1.
            safe="""
m[n] = min[k](x[n,k])
e[n,j] = exp(m[n] - x[n,j])
s[n] = sum[k](e[n,k])
y[n,j] = e[n,j]/s[n]
""",
        ),
    ),
)
