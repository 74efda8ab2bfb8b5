"""The estimate of a formula's width against TeX itself: it must not be too small, and not much too large."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symbp import entries
from symbp.library import registry
from symbp.report.derivation import printer_of
from symbp.report.width import measure

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
EM = 10.95  # points: the size of the report's font
KINDS = ("layers", "activations", "losses", "penalties")


def formulas() -> list[str]:
    """Both sides of every equation of the library's layers, activations, losses and penalties."""
    found: list[str] = []
    for kind in KINDS:
        for declaration in registry.kinds()[kind].values():
            for _, unit in entries.derivations(declaration)[:2]:
                for form in (unit.plain, unit.safe):
                    printer = printer_of(unit.unit, form)
                    for e in (*form.forward, *form.adjoints):
                        found += [printer.latex(e.lhs), printer.latex(e.rhs)]
    return sorted(set(found))


def widths_by_tex(texts: list[str], folder: Path) -> list[float]:
    """The true widths in em."""
    rows = "\n".join(
        rf"\setbox0\hbox{{$\displaystyle {text}$}}\typeout{{width {k} \the\wd0}}" for k, text in enumerate(texts)
    )
    source = folder / "widths.tex"
    source.write_text(
        "\\documentclass[11pt]{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern,amsmath,amssymb}"
        f"\\begin{{document}}\n{rows}\n\\end{{document}}\n"
    )
    subprocess.run(
        ["pdflatex", "-interaction=batchmode", source.name], cwd=folder, capture_output=True, check=False, timeout=60
    )
    log = (folder / "widths.log").read_text(encoding="latin-1")
    found = {int(k): float(w) / EM for k, w in re.findall(r"^width (\d+) ([\d.]+)pt", log, re.MULTILINE)}
    assert len(found) == len(texts), log[-2000:]
    return [found[k] for k in range(len(texts))]


@needs_tex
def test_no_formula_of_the_library_is_wider_than_estimated(tmp_path: Path) -> None:
    texts = formulas()
    assert len(texts) > 100
    true = widths_by_tex(texts, tmp_path)
    too_small = [(t, w, measure(t)) for t, w in zip(texts, true, strict=True) if measure(t) < w - 0.3]
    assert too_small == []
    too_large = [(t, w, measure(t)) for t, w in zip(texts, true, strict=True) if measure(t) > 1.6 * w + 1.5]
    assert too_large == []


@pytest.mark.parametrize(
    ("latex", "narrower"),
    [(r"\frac{a + b + c}{d}", "a + b + c + d"), ("x_{i}", "xi"), (r"\sqrt{x}", r"\sqrt{x + y}"), ("e^{x}", "ex + 1")],
)
def test_what_stands_above_or_below_counts_less(latex: str, narrower: str) -> None:
    assert 0 < measure(latex) < measure(narrower)


def test_cases_are_as_wide_as_their_widest_row() -> None:
    row = r"x_{n,i} + y_{n,i} & \text{if } x_{n,i} > 0"
    one = measure(rf"\begin{{cases}} {row} \end{{cases}}")
    assert measure(rf"\begin{{cases}} {row} \\ 0 & \text{{otherwise}} \end{{cases}}") == one
