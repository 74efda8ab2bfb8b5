"""Where in a spec something of a network comes from."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.spec.tree import Trail


@dataclass(frozen=True, slots=True)
class Site:
    """The place in the spec where a unit is used: the layer's name, its type, and where it stands.

    `hint` is what helps where sizes do not fit.
    """

    name: str
    type: str
    trail: Trail
    hint: str = ""

    @property
    def code(self) -> str:
        """The name in generated code: ``block_0_ln1`` for ``block.0.ln1``."""
        return self.name.replace(".", "_")

    def __str__(self) -> str:
        return f"`{self.name}` ({self.type})"
