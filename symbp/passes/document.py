"""`docs/passes.md`: every pass in order, in the words of its own docstrings.

``python -m symbp.passes.document`` in the root of the repository writes the file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any

from symbp.passes.ledger import ByCost, Sized
from symbp.passes.optimize import CALLS, COMPILED, FIRST, INSTEAD, SIMPLE, Pass
from symbp.passes.unpriced import REASONS

INTRODUCTION = """# The passes

A program leaves the lowering as one statement for each derived equation. A pass is a plain function from a program to
an equal program that costs less; there is no rule for a layer or a benchmark, only for what is algebraically there.
A tensor has named axes until `layouts` says in which order they lie in memory; every choice between equal programs is
made by the [costs of a machine](costs.md), never by timing, so that the same spec gives the same bytes.

`symbp show SPEC --stage passes` prints what each pass did to a network, what it saved in operations, arithmetic and
numbers read and written, and for each choice all candidates with their costs; with `--flavour numba` those of the
compiled flavour.

This page is made from the docstrings in `symbp/passes/`: what a pass does, and why, where there is more to say.
"""
FORMS: tuple[tuple[str, str, Sequence[tuple[str, Pass]]], ...] = (
    ("the simplest form", "`--optimize 0`: what one would write first, to read along with the report", SIMPLE),
    ("the default form", "one NumPy call a statement, on arrays that are made once", CALLS),
    ("the compiled flavour", "`--flavour numba`: neighbouring statements as compiled loops", COMPILED),
)


def passes_document() -> str:
    """The text of ``docs/passes.md``."""
    parts = [INTRODUCTION, "## In which order\n"]
    for title, what, passes in FORMS:
        names = ", ".join(f"[{name}](#{_anchor(name)})" for name, _ in passes)
        parts.append(f"**{title[0].upper()}{title[1:]}** ({what}): {names}.\n")
    parts.append("## What each does\n")
    for name in dict.fromkeys(name for _, _, passes in FORMS for name, _ in passes):
        parts.append(f"### {name}\n")
        parts += _sections(name, _all(name))
    parts.append("## In a prediction only\n")
    for name, run in (*FIRST, *INSTEAD.items()):
        parts += _sections(name, [(run, "")])
    return "\n".join(parts).rstrip("\n") + "\n"


def _all(name: str) -> Iterable[tuple[Pass, str]]:
    """Each pass of this name, with the forms that have it."""
    found: dict[Callable[..., Any], tuple[Pass, list[str]]] = {}
    for title, _, passes in FORMS:
        for own, run in passes:
            if own == name:
                found.setdefault(_function(run), (run, []))[1].append(title)
    return [(run, ", ".join(titles)) for run, titles in found.values()]


def _sections(name: str, passes: Iterable[tuple[Pass, str]]) -> list[str]:
    """What each pass does, where it stands, and once what its module says."""
    made, said = list[str](), set[str]()
    for run, forms in passes:
        function = _function(run)
        module = function.__module__
        chosen = "; chooses by cost" if isinstance(run, ByCost) else f"; whatever calls cost: {REASONS[name]}"
        place = f"`{module.replace('.', '/')}.py`{f', {forms}' if forms else ''}{chosen}."
        made += [f"{cleandoc(function.__doc__ or '')}\n", f"{place}\n"]
        made += [] if module in said else [f"{cleandoc(sys.modules[module].__doc__ or '')}\n"]
        said.add(module)
    return made


def _function(run: Pass) -> Callable[..., Any]:
    return run.run if isinstance(run, ByCost | Sized) else run


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


if __name__ == "__main__":
    Path("docs/passes.md").write_text(passes_document(), encoding="utf-8")
