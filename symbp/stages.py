"""A stage of a spec as text: what `symbp show SPEC --stage STAGE` prints."""

from __future__ import annotations

from pathlib import Path

from symbp import compiler
from symbp.graph.build import build
from symbp.graph.check import load
from symbp.passes.machine import Machine
from symbp.report import text


def describe(path: Path, stage: str, machine: Machine | None, flavour: str = "numpy") -> str:
    """One of "spec", "graph", "derivation", "program", "passes"; those behind it are not carried out.

    Of a program and its passes the `flavour` is shown, whether numba is there or not: nothing is executed.
    Raises SpecError and DerivationError.
    """
    spec = load(path)
    if stage == "spec":
        return text.spec_text(spec)
    graph = build(spec)
    if stage == "graph":
        return text.graph_text(graph)
    level = compiler.DEFAULT if flavour == "numpy" else compiler.COMPILED
    made = compiler.compile_graph(graph, level, machine=machine)
    if stage == "derivation":
        return text.derivation_text(made.derivation)
    return made.program.describe() if stage == "program" else made.ledger.describe()
