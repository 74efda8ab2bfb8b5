"""Collects every problem of a spec while its graph is built."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbp.errors import Problem, SpecError
from symbp.notation.problems import FormulaErrors
from symbp.spec.findings import shown
from symbp.spec.origin import Origin, path_text
from symbp.spec.tree import Trail


@dataclass
class Findings:
    """Problems with their places; `origin` knows where a value of the spec stands."""

    origin: Origin
    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, message: str, trail: Trail, hint: str = "", *, key: bool = False) -> None:
        """One problem with the value at `trail`, or with its key."""
        self.problems.append(self.origin.problem(code, message, trail, hint, key=key))

    def add_formula(self, error: FormulaErrors, trail: Trail) -> None:
        """The problems of a formula that stands at `trail`, with carets inside the formula."""
        for found in error.found:
            place = None
            if found.span is not None:
                place = self.origin.offset_place(trail, found.span.start, found.span.end)
            if place is not None:
                self.problems.append(Problem(found.code, found.message, place, found.hint))
            elif self.origin.source is None:  # a spec built in Python: the formula's own lines
                self.problems.append(found.located(error.text, path_text(trail)))
            else:
                self.add(found.code, found.message, trail, found.hint)

    def forget_copies(self, first: int) -> None:
        """Of the problems from the number `first` on, leave out those that stand where the same one was found before.

        Layers of a block that stands there several times have one place in the file."""
        known = {(p.code, p.place) for p in self.problems[:first]}
        self.problems[first:] = [p for p in self.problems[first:] if (p.code, p.place) not in known]

    def raise_all(self) -> None:
        """Raises SpecError if there is a problem."""
        if self.problems:
            raise SpecError(*shown(self.problems))
