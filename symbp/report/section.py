"""What the templates of a report are given: finished pieces of LaTeX, in the order of the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence, the displays that follow it, and the lines of a calculation; each may be empty."""

    text: str
    displays: tuple[str, ...] = ()
    lines: str = ""


@dataclass(frozen=True, slots=True)
class UnitSection:
    """One distinct piece of mathematics: formula, derivation, closed form, program.

    `before` is the number of the section before it; `users` says which layers have it.  `forward`, `closed` and
    `matrices` are displays; `emitted` is the numerically safe form, where it differs from the printed one;
    `beside` says what the layer does in a prediction, and how its states change.
    """

    before: int
    title: str
    users: str
    source: str
    letters: str
    forward: tuple[str, ...]
    derivation: tuple[Paragraph, ...]
    closed: tuple[str, ...]
    matrices: tuple[str, ...]
    notes: tuple[str, ...]
    emitted: Paragraph | None
    beside: tuple[Paragraph, ...]
    code: str
    code_note: str


@dataclass(frozen=True, slots=True)
class ChainSection:
    """Backpropagation for a chain of dense layers: what is given, the equations, and why they hold."""

    title: str
    setting: tuple[Paragraph, ...]
    result: tuple[str, ...]
    proof: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class TrainingSection:
    """The optimiser and all around it; `before` as in `UnitSection`."""

    before: int
    title: str
    paragraphs: tuple[Paragraph, ...]
    code: str
    code_note: str = ""


@dataclass(frozen=True, slots=True)
class LayerLine:
    """A row of the table of layers."""

    name: str
    description: str
    shape: str
    parameters: str


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """A row of the table of parameters."""

    name: str
    shape: str
    start: str


@dataclass(frozen=True, slots=True)
class NetworkSection:
    """The network: a sentence, its tables, what the letters mean, and the rules of the derivations."""

    summary: str
    layers: tuple[LayerLine, ...]
    total: str
    parameters: tuple[ParameterLine, ...]
    notation: str
    rules: tuple[tuple[str, str], ...]
