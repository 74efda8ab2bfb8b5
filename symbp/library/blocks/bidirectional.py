"""Recurrent layers both ways."""

from symbp.library.declaration import Block, Key

DECLARATION = Block(
    type="bidirectional",
    summary="the inner recurrent layers from the first step to the last, and others like them the other way",
    source="Schuster and Paliwal, Bidirectional recurrent neural networks, 1997",
    level=True,
    turned="backwards",
    keys=(
        Key(
            "merge",
            "choice",
            "concat",
            choices=("concat", "add", "average", "multiply"),
            doc="the layer that joins what the two directions make",
        ),
    ),
)
