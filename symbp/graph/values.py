"""What flows between layers while a graph is built: a tensor with its axes, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.graph.model import Axis
from symbp.notation.expr import Sym
from symbp.spec.tree import Trail

BATCH = Axis("n", Sym("N", "size", True), None)
IMAGE_ROLES = frozenset(("channel", "depth", "height", "width"))
ROLES = {
    1: ("feature",),
    2: ("time", "feature"),
    3: ("channel", "height", "width"),
    4: ("channel", "depth", "height", "width"),
}
INPUT_LETTERS = {1: ("i",), 2: ("t1", "i"), 3: ("c", "h", "w"), 4: ("c", "d", "h", "w")}


@dataclass(frozen=True, slots=True)
class Value:
    """The output of a layer, or an input.  `axes` is None where a problem that was reported hides them.

    `tensor` is its name in generated code, `owner` the name in the spec, `roles` what each axis but the batch's means.
    """

    owner: str
    tensor: str
    axes: tuple[Axis, ...] | None
    roles: tuple[str, ...]
    trail: Trail
    integer: bool = False
    made_by: tuple[str, ...] = ()  # the types that computed it last: ("dense", "relu")

    @property
    def described(self) -> str:
        what = {"input": "the input ", "random": "the random array "}.get(str(self.trail[0]) if self.trail else "", "")
        return f"{what}`{self.owner}`"

    @property
    def shape(self) -> str:
        return shape_text(self.axes[1:] if self.axes else ())


def capital(letter: str) -> Sym:
    """The size symbol of a letter."""
    return Sym(letter.upper(), "size", True)


def axis_text(axis: Axis) -> str:
    """The size of an axis as users write it: a number, or the name of a free size."""
    return str(axis.size) if axis.size is not None else axis.symbol.name


def shape_text(axes: tuple[Axis, ...]) -> str:
    return "[" + ", ".join(axis_text(a) for a in axes) + "]"


def same_size(a: Axis, b: Axis) -> bool:
    """Equal numbers, or one and the same free size."""
    if a.size is None or b.size is None:
        return a.size is None and b.size is None and a.symbol.name == b.symbol.name
    return a.size == b.size


def leading_letters(count: int) -> tuple[str, ...]:
    """The letters that ``n`` stands for where a layer maps over `count` axes, the batch axis included."""
    return ("n", *(f"t{k}" for k in range(1, count)))
