"""Closed forms beside what SymPy and tensorgrad give for the same formula: writes docs/gallery.md.

    python -m docs.gallery

SymPy differentiates the formula written out element by element at small sizes (two samples, everything else three), by
one element; tensorgrad (the extra `gallery`) simplifies the derivative of the same expression.  A length is the number
of characters of the result without spaces, a time that of the derivation in this process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sympy

import symbp
from docs.gallery_rows import ROWS, Row
from docs.gallery_unrolled import Unrolled, symbol
from symbp.notation.text import equation_text

PAGE = Path(__file__).with_name("gallery.md")
HEAD = """\
# Gallery

The gradients that symbp derives from formulas alone, with their lengths (characters without spaces), beside what two
other systems give for the same: SymPy {sympy}, which differentiates the formula written out element by element at small
sizes (two samples, all else three), by one element; and tensorgrad {tensorgrad}, which simplifies the derivative of the
same tensor expression. tensorgrad writes a power for a quotient and δ for a sum or a diagonal. The times are CPU times
of one run; those of symbp include the check of every gradient at a random point. Written by `python -m docs.gallery`.

| | symbp | SymPy | tensorgrad |
|---|---:|---:|---:|
"""
SHOWN = 400  # characters of another system's result that are printed


def forms(row: Row) -> tuple[list[str], Any]:
    """The equations of the gradient, as text, and the derivation."""
    derived = symbp.derive_formula(
        row.formula, row.wrt, cotangent="" if row.loss else "G", positive=row.positive, facts=row.facts
    )
    written = {e.name for e in derived.derivation.formula}
    return [equation_text(e) for e in derived.derivation.equations if e.name not in written], derived.derivation


def by_sympy(row: Row, derivation: Any) -> str:
    """The derivative by the middle element that SymPy gives."""
    tensor = next(t for t in derivation.tensors if t.name == row.wrt)
    names = {i.size.name for e in derivation.formula for i in e.indices} | {i.size.name for i in tensor.indices}
    sizes = dict.fromkeys(names, 3) | {"N": 2, "U": 3} | row.sizes
    unrolled = Unrolled(derivation.formula, sizes)
    at = tuple(1 for _ in tensor.indices)
    return str(sympy.diff(unrolled.total(derivation.output), symbol(row.wrt, at)))


def length(text: str) -> int:
    return len(text.replace(" ", "").replace("\n", ""))


def timed(make: Any, *arguments: Any) -> tuple[Any, int]:
    """A result and the milliseconds that it took."""
    start = time.process_time()
    made = make(*arguments)
    return made, round(1000 * (time.process_time() - start))


def entry(row: Row, by_tensorgrad: Callable[[Row], str]) -> tuple[str, str]:
    """The line of the table, and the section below it."""
    (own, derivation), ms = timed(forms, row)
    other, sympy_ms = timed(by_sympy, row, derivation)
    third, third_ms = timed(by_tensorgrad, row)
    cells = [f"{length(''.join(own))} ({ms} ms)", f"{length(other)} ({sympy_ms} ms)"]
    cells.append(f"{length(third)} ({third_ms} ms)" if third else "–")
    parts = [f"## {row.title}", "", "```text", *row.formula.split("; "), "", *own, "```", ""]
    parts += ["SymPy:", "", "```text", _cut(other), "```", ""]
    if third:
        parts += ["tensorgrad:", "", "```text", _cut(third), "```", ""]
    return f"| {row.title} | {' | '.join(cells)} |", "\n".join(parts)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ... ({len(text):,} characters)"


def main() -> None:
    by_tensorgrad = import_module("docs.gallery_tensorgrad").by_tensorgrad  # an extra: the forms are tested without it
    for warm in (forms, by_tensorgrad):  # one derivation before any is timed
        warm(ROWS[0])
    made = [entry(row, by_tensorgrad) for row in ROWS]
    head = HEAD.format(sympy=sympy.__version__, tensorgrad=version("tensorgrad"))
    lines = "\n".join(line for line, _ in made)
    PAGE.write_text(f"{head}{lines}\n\n" + "\n".join(section for _, section in made))


if __name__ == "__main__":
    main()
