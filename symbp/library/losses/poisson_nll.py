"""The negative log-likelihood of counts."""

from symbp.library.declaration import Formula, Key, Loss

DECLARATION = Loss(
    type="poisson_nll",
    summary="minus the log-likelihood of counts, without the term log t!; the mean over samples and outputs",
    source="Nelder and Wedderburn, Generalized linear models, 1972; torch.nn.PoissonNLLLoss",
    formulas=(
        Formula(when=(("log_input", True),), plain="L = mean[n,j](exp(y[n,j]) - t[n,j]*y[n,j])"),
        Formula(plain="L = mean[n,j](y[n,j] - t[n,j]*log(y[n,j] + eps))"),
    ),
    keys=(
        Key(
            "log_input",
            "boolean",
            True,
            doc="whether y is the logarithm of the expected count, which is finite up to y = 88 in float32",
        ),
        Key("eps", "number", 1e-8, minimum=0.0, open_minimum=True, doc="added under the logarithm"),
    ),
)
