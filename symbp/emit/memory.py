"""What the printing of a statement may ask of the body that it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from symbp.emit.model import Buffer
from symbp.lower.model import Array, Axis, Node


class Memory(Protocol):
    """Texts of arrays and operands, and arrays of the workspace."""

    arrays: dict[str, Array]
    plainly: dict[str, None]
    used: dict[str, None]
    window_views: dict[str, Buffer]

    def seen(self, name: str, axes: Sequence[Axis]) -> str: ...
    def leaf(self, node: Node, want: Sequence[Axis]) -> str: ...
    def size_of(self, name: str) -> str: ...
    def constant(self, name: str, shape: tuple[str, ...], of: str, dtype: str = "real") -> str: ...
    def scratch(self, purpose: str, axes: Sequence[Axis], dtype: str = "real") -> str: ...
