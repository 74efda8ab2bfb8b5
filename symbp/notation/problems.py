"""What is wrong in a formula, with its place in the text of the formula."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from symbp.errors import Place, Problem, SymbpError
from symbp.notation.expr import Span


@dataclass(frozen=True, slots=True)
class FormulaProblem:
    """One finding.  `span` counts characters of the formula's text; None where the finding has no place of its own."""

    code: str
    message: str
    span: Span | None = None
    hint: str = ""

    def located(self, text: str, name: str = "formula") -> Problem:
        """The finding as a `Problem` whose lines and columns count within `text`."""
        if self.span is None:
            return Problem(self.code, self.message, None, self.hint)
        start = min(self.span.start, len(text))
        line_start = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", start)
        line_end = len(text) if line_end < 0 else line_end
        width = max(1, min(self.span.end, line_end) - start)
        source = text[line_start:line_end].rstrip("\r")
        place = Place(name, text.count("\n", 0, start) + 1, start - line_start + 1, width, source)
        return Problem(self.code, self.message, place, self.hint)


class FormulaErrors(SymbpError):  # noqa: N818 (it carries several)
    """Every problem that was found in one formula, in `found`; `text` is the formula."""

    def __init__(self, text: str, found: Iterable[FormulaProblem]) -> None:
        self.text = text
        self.found: tuple[FormulaProblem, ...] = tuple(found)
        super().__init__(*(p.located(text) for p in self.found))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name, or nothing."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6) or get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
