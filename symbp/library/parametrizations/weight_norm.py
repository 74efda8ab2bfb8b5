"""The weights of every output as a trained length times a direction."""

from symbp.library.declaration import Formula, Parameter, Parametrization

DECLARATION = Parametrization(
    type="weight_norm",
    summary="the weights of every output: a trained length times the direction of W",
    source="Salimans and Kingma 2016, Weight Normalization, arXiv:1602.07868",
    formula=Formula(
        plain="""
r[out] = sum[rest](W[*]**2)**(-1/2)
w[*] = g[out]*W[*]*r[out]
""",
        start="g[out] = sqrt(sum[rest](W[*]**2))",
    ),
    parameters=(Parameter("g", "[out]", "ones", doc="the lengths; at first those of W"),),
)
