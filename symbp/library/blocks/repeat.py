"""The same layers several times over."""

from symbp.library.checkpoint import CHECKPOINT
from symbp.library.declaration import Block, Key

DECLARATION = Block(
    type="repeat",
    summary="the inner layers several times over, each time with parameters of its own",
    source="Vaswani et al., Attention is all you need, 2017: N identical layers",
    times="times",
    level=True,
    keys=(
        Key("times", "integer", minimum=1, maximum=10_000, doc="how often the inner layers stand there"),
        Key("tied", "boolean", False, doc="whether all copies share the parameters of the first"),
        CHECKPOINT,
    ),
)
