"""Layer types that the spec language knows and that this version does not have yet, each with what it does."""

PLANNED: dict[str, str] = {}
