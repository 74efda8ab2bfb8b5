"""The Kullback-Leibler divergence of predicted probabilities."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="kl_divergence",
    summary="the divergence of the target probabilities from the predicted ones; the mean over samples",
    source="Kullback and Leibler, On information and sufficiency, 1951; 0 log 0 is 0",
    formulas=(
        Formula(
            plain="L = mean[n](sum[j](t[n,j]*log(t[n,j]/y[n,j])))",
            # A class of probability 0 adds nothing, whatever is predicted for it.
            safe="""
L = mean[n](sum[j](t[n,j]*log(where(t[n,j] > 0, t[n,j], 1)) - t[n,j]*log(where(t[n,j] > 0, y[n,j], 1))))
""",
            facts=("sum[j](t[n,j]) = 1",),
        ),
    ),
    target_range="sums to 1",
)
