"""An array read in another shape than its own: a view, since arrays lie in C order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symbp.lower.model import Axis, Node, Read, Statement, walk

Size = int | str


def sizes_of(axes: Sequence[Axis]) -> tuple[Size, ...]:
    """The shape that axes stand for."""
    return tuple(axis.size for axis in axes)


def viewed(text: str, shape: Sequence[Size], wanted: Sequence[Size], size: Callable[[str], str]) -> str:
    """`text`, an array of `shape`, in the shape `wanted`; `size` gives the text of a size that a call fixes.

    >>> viewed("x", ("n", 6), ("n", 2, 3), str), viewed("K", (6, 5), (2, 3, 5), str), viewed("b", (4,), (4,), str)
    ('x.reshape(-1, 2, 3)', 'K.reshape(2, 3, 5)', 'b')
    """
    if tuple(shape) == tuple(wanted):
        return text
    free = [s for s in wanted if isinstance(s, str)]
    alone = len(free) == 1
    texts = [str(s) if isinstance(s, int) else "-1" if alone else size(s) for s in wanted]
    return f"{text}.reshape({', '.join(texts)})"


def view_name(name: str, own: int, wanted: int, taken: Container[str]) -> str:
    """A name for an array of `own` dimensions in another shape, which has `wanted`.

    >>> view_name("y", 4, 2, {"y"}), view_name("y", 3, 4, {"y", "y_split"}), view_name("y", 3, 1, {"y"})
    ('y_matrix', 'y_split_2', 'y_flat')
    """
    kinds = {1: "flat", 2: "matrix"}
    stem = f"{name}_{kinds.get(wanted, 'split' if wanted > own else 'joined')}"
    return next(s for s in (stem, *(f"{stem}_{k}" for k in range(2, 99))) if s not in taken)


@dataclass(slots=True)
class Viewer:
    """The text of reads in a body: a view that several statements or factors need is named once."""

    texts: Mapping[str, str]
    shapes: Mapping[str, Sequence[Size]]
    size: Callable[[str], str]
    named: dict[tuple[str, tuple[Size, ...]], str] = field(default_factory=dict)
    wanted: Counter[tuple[str, tuple[Size, ...]]] = field(default_factory=Counter)

    def expect(self, statements: Iterable[Statement]) -> None:
        """Count the views of a body.

        An array that is added to later on, or made anew in every step of a loop, is not one array throughout."""
        listed = list(statements)
        changed = {s.target for s in listed if s.accumulate or (s.loop and not s.at)}
        self.wanted.update(
            (r.name, sizes_of(r.axes)) for s in listed for r in reads_in(s.value) if r.name not in changed
        )

    def lines(self, s: Statement) -> list[str]:
        """The assignments that a statement needs before it."""
        made = []
        for read in reads_in(s.value):
            key = (read.name, sizes_of(read.axes))
            if self.wanted[key] > 1 and key not in self.named and tuple(self.shapes[read.name]) != key[1]:
                text = self.text(read)
                self.named[key] = self._name(read)
                made.append(f"{self.named[key]} = {text}")
        return made

    def text(self, read: Read) -> str:
        """The text of a read."""
        wanted = sizes_of(read.axes)
        named = self.named.get((read.name, wanted))
        return named or viewed(self.texts[read.name], self.shapes[read.name], wanted, self.size)

    def own(self, read: Read) -> tuple[str, tuple[Size, ...]]:
        """The text of the array behind a read, and its shape."""
        return self.texts[read.name], tuple(self.shapes[read.name])

    def _name(self, read: Read) -> str:
        return view_name(read.name, len(self.shapes[read.name]), len(read.axes), {*self.texts, *self.named.values()})


def reads_in(node: Node) -> list[Read]:
    """Every read of an expression, in order."""
    return [n for n in walk(node) if isinstance(n, Read)]
