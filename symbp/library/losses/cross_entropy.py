"""Cross-entropy of class scores (logits).

The softmax belongs to the loss: ``p`` is what is predicted, and the gradient at the scores is p minus the target.  The
safe forms take the largest score out, so that no exponential is above 1, and never take the logarithm of ``p``:
``q`` is minus that logarithm.  Class weights ``c`` make the mean a weighted one where the target names a class, as in
PyTorch.
"""

from symbp.library.declaration import Formula, Key, Loss

PLAIN = "p[n,j] = exp(y[n,j]) / sum[k](exp(y[n,k]))"
SAFE = """
m[n] = max[k](y[n,k])
u[n,j] = y[n,j] - m[n]
e[n,j] = exp(u[n,j])
s[n] = sum[k](e[n,k])
p[n,j] = e[n,j]/s[n]
"""
SAFE_ALL = f"{SAFE}q[n,j] = log(s[n]) - u[n,j]"
LABEL_WEIGHT = "c[n] = class_weights[t[n]]"
# A label that does not count has the weight 0; that of all labels may be 0, and then so is the loss.
LABEL = "max(0, min(t[n], J-1))"
COUNTED = "c[n] = [t[n] != ignore_index]"
COUNTED_WEIGHT = f"c[n] = class_weights[{LABEL}]*[t[n] != ignore_index]"
TOTAL = "w = sum[n](c[n])"
TARGET_WEIGHT = "c[n] = sum[j](class_weights[j]*t[n,j])"
# ``r`` is the target with a share of it spread over all classes, times the weights where there are any.
SMOOTH_TARGET = "r[n,j] = (1 - label_smoothing)*t[n,j] + label_smoothing/J"
SMOOTH_ONE_HOT = "r[n,j] = (1 - label_smoothing)*c[n]*t[n,j] + label_smoothing*class_weights[j]/J"
WEIGHTED_TARGET = "r[n,j] = class_weights[j]*((1 - label_smoothing)*t[n,j] + label_smoothing/J)"

INTEGER = ("labels", "integer")
ALL = ("ignore_index", None)
ONE_HOT = ("labels", "one_hot")
WEIGHTED = ("class_weights", True)
SMOOTHED = ("label_smoothing", True)
SUMS_TO_ONE = ("sum[j](t[n,j]) = 1",)

DECLARATION = Loss(
    type="cross_entropy",
    summary="minus the log-probability of the right class, from scores (logits); the mean over samples",
    source="Bridle 1990; label smoothing: Szegedy et al., Rethinking the Inception architecture, 2015",
    formulas=(
        Formula(
            when=(INTEGER, ALL, WEIGHTED, SMOOTHED),
            plain=f"""{PLAIN}
{LABEL_WEIGHT}
a = -sum[n](c[n]*log(p[n,t[n]]))
b = -sum[n,j](class_weights[j]*log(p[n,j]))
L = ((1 - label_smoothing)*a + label_smoothing/J*b) / sum[n](c[n])""",
            safe=f"""{SAFE}
{LABEL_WEIGHT}
a = sum[n](c[n]*(log(s[n]) - u[n,t[n]]))
b = sum[n,j](class_weights[j]*(log(s[n]) - u[n,j]))
L = ((1 - label_smoothing)*a + label_smoothing/J*b) / sum[n](c[n])""",
        ),
        Formula(
            when=(INTEGER, ALL, WEIGHTED),
            plain=f"{PLAIN}\n{LABEL_WEIGHT}\nL = -sum[n](c[n]*log(p[n,t[n]])) / sum[n](c[n])",
            safe=f"{SAFE}{LABEL_WEIGHT}\nL = sum[n](c[n]*(log(s[n]) - u[n,t[n]])) / sum[n](c[n])",
        ),
        Formula(
            when=(INTEGER, ALL, SMOOTHED),
            plain=f"""{PLAIN}
L = -mean[n]((1 - label_smoothing)*log(p[n,t[n]]) + label_smoothing*mean[j](log(p[n,j])))""",
            safe=f"""{SAFE}
L = mean[n](log(s[n]) - (1 - label_smoothing)*u[n,t[n]] - label_smoothing*mean[j](u[n,j]))""",
        ),
        Formula(
            when=(INTEGER, ALL),
            plain=f"{PLAIN}\nL = -mean[n](log(p[n,t[n]]))",
            safe=f"{SAFE}L = mean[n](log(s[n]) - u[n,t[n]])",
        ),
        Formula(
            when=(INTEGER, WEIGHTED, SMOOTHED),
            plain=f"""{PLAIN}
{COUNTED_WEIGHT}
{TOTAL}
a = -sum[n](c[n]*log(p[n,{LABEL}]))
b = -sum[n,j]([t[n] != ignore_index]*class_weights[j]*log(p[n,j]))
L = ((1 - label_smoothing)*a + label_smoothing/J*b) / where(w > 0, w, 1)""",
            safe=f"""{SAFE}
{COUNTED_WEIGHT}
{TOTAL}
a = sum[n](c[n]*(log(s[n]) - u[n,{LABEL}]))
b = sum[n,j]([t[n] != ignore_index]*class_weights[j]*(log(s[n]) - u[n,j]))
L = ((1 - label_smoothing)*a + label_smoothing/J*b) / where(w > 0, w, 1)""",
        ),
        Formula(
            when=(INTEGER, WEIGHTED),
            plain=f"{PLAIN}\n{COUNTED_WEIGHT}\n{TOTAL}\nL = -sum[n](c[n]*log(p[n,{LABEL}])) / where(w > 0, w, 1)",
            safe=f"{SAFE}{COUNTED_WEIGHT}\n{TOTAL}\nL = sum[n](c[n]*(log(s[n]) - u[n,{LABEL}])) / where(w > 0, w, 1)",
        ),
        Formula(
            when=(INTEGER, SMOOTHED),
            plain=f"""{PLAIN}
{COUNTED}
{TOTAL}
r[n] = (1 - label_smoothing)*log(p[n,{LABEL}]) + label_smoothing*mean[j](log(p[n,j]))
L = -sum[n](c[n]*r[n]) / where(w > 0, w, 1)""",
            safe=f"""{SAFE}
{COUNTED}
{TOTAL}
r[n] = (1 - label_smoothing)*u[n,{LABEL}] + label_smoothing*mean[j](u[n,j]) - log(s[n])
L = -sum[n](c[n]*r[n]) / where(w > 0, w, 1)""",
        ),
        Formula(
            when=(INTEGER,),
            plain=f"{PLAIN}\n{COUNTED}\n{TOTAL}\nL = -sum[n](c[n]*log(p[n,{LABEL}])) / where(w > 0, w, 1)",
            safe=f"{SAFE}{COUNTED}\n{TOTAL}\nL = sum[n](c[n]*(log(s[n]) - u[n,{LABEL}])) / where(w > 0, w, 1)",
        ),
        Formula(
            when=(ONE_HOT, WEIGHTED, SMOOTHED),
            plain=f"""{PLAIN}
{TARGET_WEIGHT}
{SMOOTH_ONE_HOT}
L = -sum[n,j](r[n,j]*log(p[n,j])) / sum[n](c[n])""",
            safe=f"""{SAFE_ALL}
{TARGET_WEIGHT}
{SMOOTH_ONE_HOT}
L = sum[n,j](r[n,j]*q[n,j]) / sum[n](c[n])""",
            facts=SUMS_TO_ONE,
        ),
        Formula(
            when=(ONE_HOT, WEIGHTED),
            plain=f"{PLAIN}\n{TARGET_WEIGHT}\nL = -sum[n](c[n]*sum[j](t[n,j]*log(p[n,j]))) / sum[n](c[n])",
            safe=f"{SAFE}{TARGET_WEIGHT}\nL = sum[n](c[n]*(log(s[n]) - sum[j](t[n,j]*u[n,j]))) / sum[n](c[n])",
            facts=SUMS_TO_ONE,
        ),
        Formula(  # probabilities from here on; a weight counts for its class, and the mean is over samples
            when=(WEIGHTED, SMOOTHED),
            plain=f"{PLAIN}\n{WEIGHTED_TARGET}\nL = -mean[n](sum[j](r[n,j]*log(p[n,j])))",
            safe=f"{SAFE_ALL}\n{WEIGHTED_TARGET}\nL = mean[n](sum[j](r[n,j]*q[n,j]))",
            facts=SUMS_TO_ONE,
        ),
        Formula(
            when=(WEIGHTED,),
            plain=f"{PLAIN}\nL = -mean[n](sum[j](class_weights[j]*t[n,j]*log(p[n,j])))",
            safe=f"{SAFE_ALL}\nL = mean[n](sum[j](class_weights[j]*t[n,j]*q[n,j]))",
            facts=SUMS_TO_ONE,
        ),
        Formula(  # without weights, one-hot labels and probabilities alike
            when=(SMOOTHED,),
            plain=f"{PLAIN}\n{SMOOTH_TARGET}\nL = -mean[n](sum[j](r[n,j]*log(p[n,j])))",
            safe=f"{SAFE}{SMOOTH_TARGET}\nL = mean[n](log(s[n]) - sum[j](r[n,j]*u[n,j]))",
            facts=SUMS_TO_ONE,
        ),
        Formula(
            plain=f"{PLAIN}\nL = -mean[n](sum[j](t[n,j]*log(p[n,j])))",
            safe=f"{SAFE}L = mean[n](log(s[n]) - sum[j](t[n,j]*u[n,j]))",
            facts=SUMS_TO_ONE,
        ),
    ),
    keys=(
        Key(
            "labels", "choice", "integer", choices=("integer", "one_hot", "probabilities"), doc="the form of the target"
        ),
        Key(
            "label_smoothing",
            "number",
            0.0,
            minimum=0.0,
            maximum=1.0,
            open_maximum=True,
            doc="the share of the target that is spread over all classes",
        ),
        Key("ignore_index", "integer", None, doc="an integer label that does not count; default: all labels count"),
    ),
    target="labels",
    arrays=(("class_weights", "[j]"),),
    score="accuracy",
    predict="argmax",
    probability="p",
    ignored="ignore_index",
    refuses_activation=("softmax", "log_softmax", "sigmoid", "logsigmoid"),
)
