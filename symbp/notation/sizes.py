"""Which axes have the same size: a bare letter read on two axes makes them one class, with one size symbol."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbp.notation.expr import Span, Sym


@dataclass(frozen=True, slots=True)
class SizeTie:
    """Two letters, each sized on its own, that the formula forces to one size; `span` is the read that does it."""

    first: str
    second: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class AxisVariable:
    """A letter in its scope: `scope` is "" for a letter that is declared for the whole formula."""

    letter: str
    scope: str = ""


@dataclass(slots=True)
class Sizes:
    """Classes of axis variables.  Variables that were added first, and sized ones before all others, name the class."""

    rank: dict[AxisVariable, int] = field(default_factory=dict)
    parent: dict[AxisVariable, AxisVariable] = field(default_factory=dict)
    sized: set[AxisVariable] = field(default_factory=set)
    first_read: dict[AxisVariable, Span | None] = field(default_factory=dict)
    ties: list[SizeTie] = field(default_factory=list)

    def add(self, variable: AxisVariable, *, sized: bool, span: Span | None = None) -> None:
        """Make `variable` known.  `sized`: something outside of the formula gives its size."""
        if variable not in self.rank:
            self.rank[variable] = len(self.rank)
            self.parent[variable] = variable
            self.first_read[variable] = span
        if sized:
            self.sized.add(variable)

    def find(self, variable: AxisVariable) -> AxisVariable:
        """The variable that names the class of `variable`."""
        while self.parent[variable] != variable:
            variable = self.parent[variable]
        return variable

    def unify(self, a: AxisVariable, b: AxisVariable, span: Span | None) -> None:
        """`a` and `b` have one size, because of the read at `span`."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        first, second = sorted((a, b), key=lambda v: (v not in self.sized, self.rank[v]))
        self.parent[second] = first
        if second in self.sized:
            self.ties.append(SizeTie(first.letter, second.letter, span))

    def symbol(self, variable: AxisVariable) -> Sym:
        return Sym(self.find(variable).letter.upper(), "size")

    def unsized(self) -> list[tuple[AxisVariable, Span | None]]:
        """One variable of each class that nothing sizes, with the place where it was first read."""
        return [(v, self.first_read[v]) for v in self.rank if self.find(v) == v and v not in self.sized]
