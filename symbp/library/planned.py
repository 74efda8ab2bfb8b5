"""Layer types that the spec language knows and that this version does not have yet, each with what it does."""

PLANNED: dict[str, str] = {
    "flatten": "all axes but the batch axis made one",
    "reshape": "other axes for the same values",
    "permute": "the axes in another order",
    "bidirectional": "a recurrent layer run both ways",
    "last_step": "the last step of a sequence",
}
