"""Names in generated code: ``fc1.W`` is ``W_fc1`` there.  Two things may not get one name."""

from __future__ import annotations

import builtins
import keyword
from dataclasses import dataclass, field

# What generated code calls its own things: the parameters p, their gradients g, the workspace ws, ...
_OWN = ("N", "cls", "g", "grad", "k", "loss", "lr", "math", "n", "np", "numpy", "p", "path", "rng", "self", "sys", "t")
RESERVED = frozenset((*_OWN, "theta", "training", "ws", "y", *dir(builtins)))


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


def unusable(name: str) -> str:
    """Why a name cannot be a variable in generated code; empty if it can."""
    if keyword.iskeyword(name):
        return "it is a word of Python"
    return "generated code uses it for something else" if name in RESERVED else ""
