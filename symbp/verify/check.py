"""The verification of a module: every gradient, and where the spec is known, everything that its formulas say."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from symbp.graph.model import Graph
from symbp.verify.behaviour import check_agreement, check_outputs, check_structure, failure
from symbp.verify.contract import Module, as_module
from symbp.verify.draws import check_draws
from symbp.verify.gradients import check_gradients
from symbp.verify.held import check_held, has_stops, stops
from symbp.verify.hessian import check_hessian
from symbp.verify.initial import check_initial
from symbp.verify.loading import loaded
from symbp.verify.micro_batches import check_micro_batches
from symbp.verify.model import Row, Verdict
from symbp.verify.steps import check_fit, check_schedule, check_steps

Check = Callable[[Module], list[Row]]


def verify(source: str | Path, graph: Graph | None = None, seed: int = 0) -> Verdict:
    """Check the module in a text (`str`) or a file (`Path`); with the graph also against its formulas.

    The file is executed as it stands.  Whatever a check raises is a failed row; VerificationError is raised only for
    what is no module at all: it does not import, or lacks the names of `symbp.verify.contract`.
    """
    with loaded(source) as imported:
        module = as_module(imported)
        rows: list[Row] = []
        for subject, method, check in _checks(graph, seed):
            rows += _guarded(subject, method, check, module)
            if subject == "parameters and dtype" and rows[-1].failed:
                break  # nothing after this would compare like with like
    name = (
        graph.name if graph else source.stem if isinstance(source, Path) else str(getattr(imported, "NAME", "module"))
    )
    return Verdict(name, tuple(rows))


def _checks(graph: Graph | None, seed: int) -> list[tuple[str, str, Check]]:
    """Name, method and function of each check, in order."""
    always: list[tuple[str, str, Check]] = [
        ("gradients", "complex step", lambda m: check_gradients(m, seed, stops=stops(m, graph))),
        ("hvp", "complex step", lambda m: check_hessian(m, seed)),
        ("Network", "consistency", lambda m: check_agreement(m, seed)),
        ("micro-batches", "consistency", lambda m: check_micro_batches(m, seed)),
    ]
    if graph is None:
        return always
    known = graph
    held: list[tuple[str, str, Check]] = [("gradients", "differences", lambda m: check_held(m, known, seed))]
    return [
        ("parameters and dtype", "reference", lambda m: check_structure(m, known)),
        *always,
        *(held if has_stops(known) else []),
        ("loss and outputs", "reference", lambda m: check_outputs(m, known, seed)),
        ("steps", "reference", lambda m: check_steps(m, known, seed)),
        ("fit", "reference", lambda m: check_fit(m, known, seed)),
        ("learning rate", "reference", lambda m: check_schedule(m, known)),
        ("initial values", "moments", lambda m: check_initial(m, known)),
        ("draws", "moments", lambda m: check_draws(m, known, seed)),
    ]


def _guarded(subject: str, method: str, check: Check, module: Module) -> list[Row]:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return check(module)
    except Exception as error:  # the module is under test: whatever it raises is a finding about it
        return [failure(subject, method, error)]
