"""Names in generated code: ``fc1.W`` is ``W_fc1`` there.  Two things may not get one name."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class CodeNames:
    """The names taken so far, each with what has it."""

    taken: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, owner: str) -> str | None:
        """Claim `name` for `owner`; returns what has it already, if anything."""
        other = self.taken.get(name)
        if other is None:
            self.taken[name] = owner
        return other

    def free(self, *candidates: str) -> str:
        """The first candidate that is free."""
        return next(c for c in candidates if c not in self.taken)
