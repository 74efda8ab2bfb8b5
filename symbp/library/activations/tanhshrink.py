"""What tanh leaves."""

from symbp.library.declaration import Activation, Formula

DECLARATION = Activation(
    type="tanhshrink",
    summary="z - tanh(z)",
    source="PyTorch, torch.nn.Tanhshrink",
    formula=Formula(
        plain="""
u = tanh(z)
y = z - u
""",
    ),
)
