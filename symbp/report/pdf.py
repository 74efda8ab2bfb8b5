"""LaTeX to PDF, by pdflatex where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from symbp.errors import OutputError, Problem

RUNS = 2  # the second one sets the widths of the long tables
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Compiled:
    """The PDF and what pdflatex had to say."""

    pdf: bytes
    log: str

    @property
    def overfull(self) -> tuple[str, ...]:
        """The lines of the log about boxes that run into the margin."""
        return tuple(re.findall(r"^Overfull .*$", self.log, re.MULTILINE))


def compile_pdf(text: str) -> bytes:
    """The PDF of a LaTeX text.  Raises OutputError where pdflatex is missing or fails."""
    return compile_latex(text).pdf


def compile_latex(text: str) -> Compiled:
    """Runs pdflatex in a folder of its own, without the right to run other programs."""
    program = shutil.which("pdflatex")
    if program is None:
        hint = "install TeX (Debian: texlive-latex-recommended lmodern), or leave out --pdf to get the LaTeX text"
        raise OutputError(Problem("O605", "pdflatex is not installed", hint=hint))
    with tempfile.TemporaryDirectory(prefix="symbp-") as folder:
        source = Path(folder, "report.tex")
        source.write_text(text, encoding="utf-8")
        command = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source.name]
        for _ in range(RUNS):
            _run(command, Path(folder))
        log = source.with_suffix(".log").read_text(encoding="latin-1")
        return Compiled(source.with_suffix(".pdf").read_bytes(), log)


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise OutputError(Problem("O606", f"pdflatex took more than {SECONDS} s")) from None
    if done.returncode:
        output = done.stdout.decode("latin-1")
        lines = output[output.find("\n!") + 1 :].splitlines()[:6] if "\n!" in output else output.splitlines()[-6:]
        raise OutputError(Problem("O606", "pdflatex could not compile the report:\n  " + "\n  ".join(lines)))
