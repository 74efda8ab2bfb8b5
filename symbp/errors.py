"""What goes wrong, said once and completely: problems with a place, a cause and a remedy.

    SymbpError                 base of everything that symbp raises on purpose
      SpecError                one or more problems in a spec or a formula  (exit code 1)
      DerivationError          a formula whose gradient cannot be derived   (exit code 1)
      VerificationError        an emitted module that failed its checks     (exit code 1)
      OutputError              a file that may not be written               (exit code 1)
      MachineError             a profile of a machine that cannot be used   (exit code 1)

A `Problem` knows its code (`symbp explain CODE` tells more), its place in the file and what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line of a file: `line` and `column` count from 1, `width` is at least 1."""

    file: str
    line: int
    column: int
    width: int
    source: str  # the source line, without its line end; of a very long line, a part of it
    skipped: int = 0  # characters of the line that stand before `source`


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.  `message` says what is wrong, `hint` what to do (may be empty)."""

    code: str
    message: str
    place: Place | None = None
    hint: str = ""

    def render(self) -> str:
        """The finding as text, with source line and caret where the place is known."""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        if self.place is None:
            return f"error[{self.code}]: {self.message}{hint}"
        p = self.place
        gutter = f"{p.line:>5} | "
        lead = "".join("\t" if c == "\t" else " " for c in p.source[: p.column - 1 - p.skipped])
        caret = " " * (len(gutter) - 2) + "| " + lead + "^" * max(1, p.width)
        return f"{p.file}:{p.line}:{p.column}: error[{self.code}]: {self.message}\n{gutter}{p.source}\n{caret}{hint}"


class SymbpError(Exception):
    """Carries every problem that one run found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems: tuple[Problem, ...] = problems

    def __str__(self) -> str:
        return "\n\n".join(p.render() for p in self.problems)


class SpecError(SymbpError):
    """The spec, or a formula in it, is wrong."""


class DerivationError(SymbpError):
    """A gradient could not be derived; nothing is approximated instead."""


class VerificationError(SymbpError):
    """The emitted module does not compute what its formulas say."""


class MachineError(SymbpError):
    """The profile of a machine that cannot be read, or is not one."""


class OutputError(SymbpError):
    """A file exists that symbp will not overwrite, or a path leaves the output folder."""
