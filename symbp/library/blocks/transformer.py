"""A whole transformer, without embeddings: an encoder, and a decoder that reads what it makes."""

from symbp.library.declaration import Block, Key
from symbp.library.inner import Inner, Of

SHARED = (
    ("units", Of("units")),
    ("heads", Of("heads")),
    ("hidden", Of("hidden")),
    ("nonlinearity", Of("nonlinearity")),
    ("norm_first", Of("norm_first")),
    ("dropout", Of("dropout")),
    ("eps", Of("eps")),
)
ENCODER = (("times", Of("encoder_layers")), *SHARED, ("mask", Of("source_mask")))
DECODER = (
    ("times", Of("decoder_layers")),
    *SHARED,
    ("mask", Of("target_mask")),
    ("memory_mask", Of("source_mask")),
    ("causal", Of("causal")),
)
NORM = (("eps", Of("eps")),)

DECLARATION = Block(
    type="transformer",
    summary="a transformer_encoder of the first sequence, and a transformer_decoder of the second one that reads it; "
    "the result of each is normalised",
    source="Vaswani et al., Attention is all you need, 2017; torch.nn.Transformer, which masks nothing unless told to",
    level=True,
    inputs=("source", "target"),
    inner=(
        Inner("transformer_encoder", "encoder", ENCODER, ("source",)),
        Inner("layer_norm", "memory", NORM),
        Inner("transformer_decoder", "decoder", DECODER, ("target", "memory")),
        Inner("layer_norm", "norm", NORM),
    ),
    keys=(
        Key("encoder_layers", "integer", 6, minimum=1, maximum=10_000, doc="the number of layers of the encoder"),
        Key("decoder_layers", "integer", 6, minimum=1, maximum=10_000, doc="the number of layers of the decoder"),
        Key("units", "size", minimum=1, doc="the size of a step, which stays as it is"),
        Key("heads", "size", minimum=1, doc="the number of heads"),
        Key("hidden", "size", minimum=1, doc="the units between the two products"),
        Key("nonlinearity", "choice", "relu", choices=("relu", "gelu", "gelu_tanh", "silu"), doc="between them"),
        Key("norm_first", "boolean", False, doc="whether what attention and products read is normalised, not the sums"),
        Key("dropout", "number", 0.0, minimum=0.0, maximum=1.0, open_maximum=True, doc="the part that is left out"),
        Key("eps", "number", 1e-5, minimum=0.0, open_minimum=True, doc="added to the variances"),
        Key("causal", "boolean", True, doc="whether a step of the second sequence reads none behind it"),
        Key("source_mask", "value", None, doc="the input that is 0 at steps of the first sequence that are not read"),
        Key("target_mask", "value", None, doc="the input that is 0 at steps of the second sequence that are not read"),
    ),
)
