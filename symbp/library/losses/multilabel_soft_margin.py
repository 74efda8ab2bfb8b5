"""Binary cross-entropy of several classes, from scores (logits)."""

from symbp.library.declaration import Formula, Loss

WEIGHTED = ("class_weights", True)
PLAIN = "p[n,j] = 1/(1 + exp(-y[n,j]))"

DECLARATION = Loss(
    type="multilabel_soft_margin",
    summary="binary cross-entropy of each class, from scores (logits), weighted where that is asked for; the mean",
    source="torch.nn.MultiLabelSoftMarginLoss",
    formulas=(
        Formula(
            when=(WEIGHTED,),
            plain=f"""{PLAIN}
L = -mean[n,j](class_weights[j]*(t[n,j]*log(p[n,j]) + (1 - t[n,j])*log(1 - p[n,j])))""",
            safe="""
p[n,j] = sigmoid(y[n,j])
L = mean[n,j](class_weights[j]*(softplus(y[n,j]) - t[n,j]*y[n,j]))""",
        ),
        Formula(
            plain=f"{PLAIN}\nL = -mean[n,j](t[n,j]*log(p[n,j]) + (1 - t[n,j])*log(1 - p[n,j]))",
            safe="p[n,j] = sigmoid(y[n,j])\nL = mean[n,j](softplus(y[n,j]) - t[n,j]*y[n,j])",
        ),
    ),
    target_range="0..1",
    arrays=(("class_weights", "[j]"),),
    score="binary_accuracy",
    predict="positive",
    probability="p",
    refuses_activation=("softmax", "log_softmax", "sigmoid", "logsigmoid"),
)
