"""Scores to probabilities at every place of an image."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="softmax2d",
    summary="exponentials divided by their sum over the channels, at every place of an image",
    source="torch.nn.Softmax2d",
    inputs=("x[n,c,h,w]",),
    formulas=(
        Formula(
            plain="y[n,c,h,w] = exp(x[n,c,h,w]) / sum[k](exp(x[n,k,h,w]))",
            # The largest score taken out: no exponential is above 1, and one of them is 1.
            safe="""
m[n,h,w] = max[k](x[n,k,h,w])
e[n,c,h,w] = exp(x[n,c,h,w] - m[n,h,w])
s[n,h,w] = sum[k](e[n,k,h,w])
y[n,c,h,w] = e[n,c,h,w]/s[n,h,w]
""",
        ),
    ),
)
