"""The negative log-likelihood of log-probabilities."""

from symbp.library.declaration import Formula, Key, Loss

# A label that does not count has the weight 0; that of all labels may be 0, and then so is the loss.
LABEL = "max(0, min(t[n], J-1))"
COUNTED = f"L = -sum[n](c[n]*y[n,{LABEL}]) / where(w > 0, w, 1)"

DECLARATION = Loss(
    type="nll",
    summary="minus the log-probability of the right class, from log-probabilities; the mean over samples",
    source="Fisher, On the mathematical foundations of theoretical statistics, 1922; torch.nn.NLLLoss",
    formulas=(
        Formula(
            when=(("labels", "integer"), ("ignore_index", None), ("class_weights", True)),
            plain="c[n] = class_weights[t[n]]\nL = -sum[n](c[n]*y[n,t[n]]) / sum[n](c[n])",
        ),
        Formula(when=(("labels", "integer"), ("ignore_index", None)), plain="L = -mean[n](y[n,t[n]])"),
        Formula(
            when=(("labels", "integer"), ("class_weights", True)),
            plain=f"c[n] = class_weights[{LABEL}]*[t[n] != ignore_index]\nw = sum[n](c[n])\n{COUNTED}",
        ),
        Formula(
            when=(("labels", "integer"),),
            plain=f"c[n] = [t[n] != ignore_index]\nw = sum[n](c[n])\n{COUNTED}",
        ),
        Formula(
            when=(("labels", "one_hot"), ("class_weights", True)),
            plain="""
c[n] = sum[j](class_weights[j]*t[n,j])
L = -sum[n](c[n]*sum[j](t[n,j]*y[n,j])) / sum[n](c[n])
""",
            facts=("sum[j](t[n,j]) = 1",),
        ),
        Formula(
            when=(("class_weights", True),),
            plain="L = -mean[n](sum[j](class_weights[j]*t[n,j]*y[n,j]))",
            facts=("sum[j](t[n,j]) = 1",),
        ),
        Formula(plain="L = -mean[n](sum[j](t[n,j]*y[n,j]))", facts=("sum[j](t[n,j]) = 1",)),
    ),
    keys=(
        Key(
            "labels", "choice", "integer", choices=("integer", "one_hot", "probabilities"), doc="the form of the target"
        ),
        Key("ignore_index", "integer", None, doc="an integer label that does not count; default: all labels count"),
    ),
    target="labels",
    arrays=(("class_weights", "[j]"),),
    score="accuracy",
    predict="argmax",
    ignored="ignore_index",
)
