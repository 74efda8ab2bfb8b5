"""A node of the network where it is lowered."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.derive.model import UnitDerivation
from symbp.graph.model import Node
from symbp.lower.layout import Layout
from symbp.lower.letters import Names


@dataclass(frozen=True, slots=True)
class Placed:
    """A node with what was derived for its unit, and what the names of the unit mean there."""

    node: Node
    derived: UnitDerivation
    layout: Layout
    names: Names

    @property
    def suffix(self) -> str:
        return self.node.name.replace(".", "_")

    def array(self, value: str) -> str:
        """The name in the program of a value of the unit."""
        bound = self.names.arrays.get(value)
        return bound.name if bound else f"{value}_{self.suffix}"
