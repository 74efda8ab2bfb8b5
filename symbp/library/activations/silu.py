"""The sigmoid linear unit, also called swish."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="silu",
    summary="z times its sigmoid, also called swish",
    source="Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, 2017; Ramachandran, Zoph and Le 2017",
    formula=Formula(
        plain="""
s = 1/(1 + exp(-z))
y = z*s
""",
        safe="""
s = sigmoid(z)
y = z*s
""",
    ),
)
