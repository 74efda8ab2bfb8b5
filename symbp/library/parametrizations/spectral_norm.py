"""A weight divided by its largest singular value, which is found by iterating from step to step."""

from symbp.library.declaration import Formula, Key, Parametrization, State

DECLARATION = Parametrization(
    type="spectral_norm",
    summary="W divided by its largest singular value, which power iteration follows from step to step",
    source="Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, arXiv:1802.05957",
    formula=Formula(
        plain="""
sigma = sum[out,rest](u[out]*W[*]*v[rest])
w[*] = W[*]/sigma
""",
        before="""
a[out] = sum[rest](W[*]*v[rest])
p = max(sqrt(sum[out](a[out]**2)), eps)
u[out] = a[out]/p
b[rest] = sum[out](W[*]*u[out])
q = max(sqrt(sum[rest](b[rest]**2)), eps)
v[rest] = b[rest]/q
""",
    ),
    keys=(Key("eps", "number", 1e-12, minimum=0.0, open_minimum=True, doc="the least length that is divided by"),),
    state=(
        State("u", "[out]", 1.0, doc="the left singular vector; constant in the gradient"),
        State("v", "[rest]", 1.0, doc="the right one"),
    ),
)
