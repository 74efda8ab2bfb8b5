"""Scores to probabilities."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="softmax",
    summary="exponentials divided by their sum over the last axis: probabilities",
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    inputs=("x[n,j]",),
    formulas=(
        Formula(
            plain="y[n,j] = exp(x[n,j]) / sum[k](exp(x[n,k]))",
            # The largest score taken out: no exponential is above 1, and one of them is 1.
            safe="""
m[n] = max[k](x[n,k])
e[n,j] = exp(x[n,j] - m[n])
s[n] = sum[k](e[n,k])
y[n,j] = e[n,j]/s[n]
""",
        ),
    ),
)
