"""All rows, by module; the text of ``docs/coverage.md``."""

from __future__ import annotations

from pathlib import Path

from . import (
    activations,
    dense,
    distances,
    fractional,
    losses,
    modes,
    moving,
    norms,
    sequences,
    transformers,
    unpooling,
    windows,
)
from .model import Row

LISTED = Path(__file__).with_name("torch_nn.txt")
GROUPS = (
    activations,
    dense,
    distances,
    fractional,
    losses,
    modes,
    moving,
    norms,
    sequences,
    transformers,
    unpooling,
    windows,
)


def modules() -> dict[str, list[str]]:
    """The modules of torch.nn by group."""
    lines = (line for line in LISTED.read_text().splitlines() if line and not line.startswith("#"))
    return {group: names.split() for group, _, names in (line.partition(": ") for line in lines)}


def rows() -> dict[str, Row]:
    """The rows by module.  Raises ValueError where a module has two, or is not listed."""
    listed = {name for names in modules().values() for name in names}
    found: dict[str, Row] = {}
    for group in GROUPS:
        for row in group.ROWS:
            if row.module in found or row.module not in listed:
                raise ValueError(f"{row.module} has a second row, or is no module of torch.nn")
            found[row.module] = row
    return found


def document() -> str:
    """The table as Markdown."""
    known = rows()
    total = sum(map(len, modules().values()))
    have = sum(bool(row.here) for row in known.values())
    lines = [
        "# How much of torch.nn is covered",
        "",
        f"{have} of the {total} mathematical modules of `torch.nn` (2.13; containers, bases, lazy and parallel",
        "variants are left out) have a declaration here.  Each is compared with PyTorch in float64, at two shapes",
        "at least: values, and the gradients of all parameters and inputs, to 1e-9 (`tests/coverage`).  No backward",
        "pass in any of them was written by hand.  This page is written by `python -m tests.coverage`.",
        "",
    ]
    for group, names in modules().items():
        lines += [f"## {group}", "", "| torch.nn | here | |", "|---|---|---|"]
        lines += [_line(name, known.get(name)) for name in names]
        lines.append("")
    return "\n".join(lines)


def _line(name: str, row: Row | None) -> str:
    if row is None:
        return f"| {name} | not yet | |"
    shown = f"`{row.here}`" if row.here else "none"
    return f"| {name} | {shown} | {row.why or row.note} |"
