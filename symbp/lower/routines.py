"""What a program holds beside statements: where they come from, where values lie, calls and loops over equal blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbp.notation.expr import Expr


@dataclass(frozen=True, slots=True)
class Origin:
    """The node of the network that statements come from: its layer, its unit's title and names for its arrays."""

    node: str
    layer: str
    title: str
    locals: tuple[tuple[str, str], ...]  # the program's name, the unit's name
    has_parameters: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lies: the buffer `owner`, which it may share with others; a buffer owns itself."""

    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class Scale:
    """What all gradients are multiplied by: the name of the number in the backward pass, and what a step gives it."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class RoutineCall:
    """``a, b = softmax(z)``: stands in a program beside its statements, at the place of the first one it replaces."""

    routine: str
    arguments: tuple[str, ...]
    targets: tuple[str, ...]
    stage: str
    equations: tuple[str, ...]

    @property
    def read(self) -> tuple[str, ...]:
        """The arrays that must be there."""
        return self.arguments

    def describe(self) -> str:
        """The call as text."""
        return f"{', '.join(self.targets)} = {self.routine}({', '.join(self.arguments)})"

    def reading(self, instead: Mapping[str, str]) -> RoutineCall:
        """The call with other arguments in the place of some."""
        return replace(self, arguments=tuple(instead.get(name, name) for name in self.arguments))


@dataclass(frozen=True, slots=True)
class MicroBatches:
    """How a step goes through its batch: all at once, or in parts of `size` samples where that is not 0.

    Predictions go through it `rows` at a time.
    `reason` goes on behind a sentence that says so.  `wanted` is what the spec says (0: all at once), None where it
    leaves that to the costs; `inseparable` is why loss and gradients are no means of those of parts, or empty.
    """

    wanted: int | None = None
    inseparable: str = ""
    size: int = 0
    reason: str = ""
    rows: int = 4096


@dataclass(frozen=True, slots=True)
class Copies:
    """Equal blocks of a network, each of which reads the output of the one before.

    `name` is what parameters, states and workspaces call the list of theirs; for users they are ``LABEL.first`` to
    ``LABEL.last``.  `body` is the name of what they do.
    """

    name: str
    body: str
    label: str
    first: int
    count: int
    states: bool = False  # whether they have any
    checkpoint: bool = False  # whether the backward pass computes the values of each block again

    def own(self, label: str) -> bool:
        """Whether something with this label belongs to one of the blocks."""
        start = f"{self.label}."
        number = label[len(start) :].partition(".")[0] if label.startswith(start) else ""
        return number.isdigit() and self.first <= int(number) < self.first + self.count

    def prefix(self, number: int) -> str:
        return f"{self.label}.{self.first + number}."


@dataclass(frozen=True, slots=True)
class Repeat(RoutineCall):
    """One part of what a body does, carried out for every block.

    The parts are "forward", "loss", "backward", "before", "after"; of a prediction, "infer" and "loss of prediction";
    "start" where first values of parameters are computed.

    The first argument is carried from block to block, and is the first target behind the last one; the others are the
    same for all.  The other targets are among the arguments: arrays that every block adds to.  A backward pass goes
    from the last block to the first.  The blocks still know the arrays `held` from their forward pass.
    """

    copies: Copies = Copies("", "", "", 0, 0)
    part: str = ""
    held: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        return (*self.arguments, *self.held)

    def describe(self) -> str:
        made = f"{', '.join(self.targets)} {'=' if self.arguments else '+='} " if self.targets else ""
        last = self.copies.first + self.copies.count - 1
        blocks = f"{self.copies.label}.{self.copies.first} to {self.copies.label}.{last}"
        return f"for {blocks}: {made}{self.part} of {self.routine}({', '.join(self.arguments)})"

    def reading(self, instead: Mapping[str, str]) -> Repeat:
        arguments, held = (tuple(instead.get(n, n) for n in names) for names in (self.arguments, self.held))
        return replace(self, arguments=arguments, held=held)
