"""Mish."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="mish",
    summary="z*tanh(softplus(z))",
    source="Misra, Mish: a self regularized non-monotonic activation function, 2019",
    formula=Formula(
        plain="""
u = tanh(log(1 + exp(z)))
y = z*u
""",
        safe="""
u = tanh(softplus(z))
y = z*u
""",
    ),
)
