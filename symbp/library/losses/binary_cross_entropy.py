"""Binary cross-entropy of scores (logits)."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="binary_cross_entropy",
    summary="cross-entropy of yes-or-no targets, from scores (logits); the mean over samples and outputs",
    source="Cox, The regression analysis of binary sequences, 1958; torch.nn.BCEWithLogitsLoss",
    formulas=(
        Formula(
            plain="""
p[n,j] = 1/(1 + exp(-y[n,j]))
L = -mean[n,j](t[n,j]*log(p[n,j]) + (1 - t[n,j])*log(1 - p[n,j]))
""",
            safe="""
p[n,j] = sigmoid(y[n,j])
L = mean[n,j](softplus(y[n,j]) - t[n,j]*y[n,j])
""",
        ),
    ),
    target_range="0..1",
    score="binary_accuracy",
    predict="positive",
    probability="p",
    refuses_activation=("softmax", "log_softmax", "sigmoid", "logsigmoid"),
)
