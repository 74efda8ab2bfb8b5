"""Layer types that the spec language knows and that this version does not have yet, each with what it does."""

PLANNED: dict[str, str] = {
    "flatten": "all axes but the batch axis made one",
    "reshape": "other axes for the same values",
    "permute": "the axes in another order",
    "embedding": "a trained row for each integer",
    "positional_encoding": "sines and cosines of the position, added",
    "rnn": "a recurrent layer with tanh",
    "lstm": "a recurrent layer with long short-term memory",
    "gru": "a gated recurrent layer",
    "bidirectional": "a recurrent layer run both ways",
    "last_step": "the last step of a sequence",
    "self_attention": "attention of a sequence to itself",
    "cross_attention": "attention of one sequence to another",
}
