"""Attention of a sequence to itself and to another one, and two products at each step, several times over."""

from symbp.library.checkpoint import CHECKPOINT
from symbp.library.declaration import Block, Key
from symbp.library.inner import Inner, Of

FIRST, LAST, DROPS = ("norm_first", True), ("norm_first", False), ("dropout", True)
DROPOUT = Inner("dropout", keys=(("rate", Of("dropout")),), when=(DROPS,))
NORM = (("eps", Of("eps")),)
CROSS = (("heads", Of("heads")), ("mask", Of("memory_mask")))

DECLARATION = Block(
    type="transformer_decoder",
    summary="layers of a transformer: each step reads the steps before it, then all of another sequence, then goes "
    "through two products",
    source="Vaswani et al., Attention is all you need, 2017; norms first: Xiong et al., On layer normalization in the "
    "transformer architecture, 2020; torch.nn.TransformerDecoderLayer and TransformerDecoder, whose dropout of the "
    "attention weights themselves is left out",
    times="times",
    level=True,
    inputs=("target", "memory"),
    inner=(
        Inner(
            "residual",
            layers=(
                Inner("layer_norm", "norm1", NORM, when=(FIRST,)),
                Inner(
                    "self_attention",
                    "attn",
                    (("heads", Of("heads")), ("causal", Of("causal")), ("mask", Of("mask"))),
                ),
                DROPOUT,
            ),
        ),
        Inner("layer_norm", "norm1", NORM, when=(LAST,)),
        Inner(
            "residual",
            layers=(
                Inner("layer_norm", "norm2", NORM, when=(FIRST,)),
                Inner("cross_attention", "cross", CROSS, ("norm2", "memory"), when=(FIRST,)),
                Inner("cross_attention", "cross", CROSS, ("input", "memory"), when=(LAST,)),
                DROPOUT,
            ),
        ),
        Inner("layer_norm", "norm2", NORM, when=(LAST,)),
        Inner(
            "residual",
            layers=(
                Inner("layer_norm", "norm3", NORM, when=(FIRST,)),
                Inner("dense", "up", (("units", Of("hidden")), ("activation", Of("nonlinearity")))),
                DROPOUT,
                Inner("dense", "down", (("units", Of("units")),)),
                DROPOUT,
            ),
        ),
        Inner("layer_norm", "norm3", NORM, when=(LAST,)),
    ),
    keys=(
        Key("times", "integer", 1, minimum=1, maximum=10_000, doc="the number of such layers"),
        Key("tied", "boolean", False, doc="whether all of them share the parameters of the first"),
        CHECKPOINT,
        Key("units", "size", minimum=1, doc="the size of a step, which stays as it is"),
        Key("heads", "size", minimum=1, doc="the number of heads"),
        Key("hidden", "size", minimum=1, doc="the units between the two products"),
        Key("nonlinearity", "choice", "relu", choices=("relu", "gelu", "gelu_tanh", "silu"), doc="between them"),
        Key("norm_first", "boolean", False, doc="whether what attention and products read is normalised, not the sums"),
        Key("dropout", "number", 0.0, minimum=0.0, maximum=1.0, open_maximum=True, doc="the part that is left out"),
        Key("eps", "number", 1e-5, minimum=0.0, open_minimum=True, doc="added to the variances"),
        Key("causal", "boolean", True, doc="whether a step of the first sequence reads none behind it"),
        Key("mask", "value", None, doc="the input that is 0 at steps of the first sequence that no step reads"),
        Key("memory_mask", "value", None, doc="the input that is 0 at steps of the second sequence that are not read"),
    ),
)
