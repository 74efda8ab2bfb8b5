"""The whole gradient scaled down to a largest norm."""

from symbp.library.declaration import Clip

DECLARATION = Clip(
    type="clip_norm",
    summary="the largest norm of the whole gradient",
    source="Pascanu, Mikolov and Bengio, On the difficulty of training recurrent networks, 2013; PyTorch",
    equations="""
r = sqrt(sum[i](g[i]**2))
g[i] = g[i]*min(1, c/(r + 1e-6))
""",
)
