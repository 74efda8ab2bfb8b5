"""Layer types that the spec language knows and that this version does not have yet, each with what it does."""

PLANNED: dict[str, str] = {
    "bidirectional": "a recurrent layer run both ways",
}
