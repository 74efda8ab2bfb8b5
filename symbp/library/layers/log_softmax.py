"""Scores to log-probabilities."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="log_softmax",
    summary="the logarithm of softmax over the last axis",
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    inputs=("x[n,j]",),
    formulas=(
        Formula(
            plain="y[n,j] = x[n,j] - log(sum[k](exp(x[n,k])))",
            safe="""
m[n] = max[k](x[n,k])
u[n,j] = x[n,j] - m[n]
l[n] = log(sum[k](exp(u[n,k])))
y[n,j] = u[n,j] - l[n]
""",
        ),
    ),
)
