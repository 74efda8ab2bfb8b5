"""The table that ``python -m tests.coverage --table`` prints: what was derived, how fast, and how exact it is.

A line for each module of torch.nn that has trials: the unit that its declaration makes, milliseconds of derivation
(CPU, after one warm-up), the terms of all its adjoint equations, and the worst differences over the trials from
PyTorch and from the complex step (and central differences) of the generated module's own loss.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from symbp.derive.network import closed_forms
from symbp.graph.build import build
from symbp.graph.model import Unit
from symbp.notation.expr import Add, Equation, Expr, walk
from symbp.spec.load import loads
from symbp.verify.contract import as_module
from symbp.verify.gradients import check_gradients
from tests.oracle.generated import module_of

from .compare import spec_of, worst
from .model import Row, Trial
from .table import rows

HEAD = ("torch.nn", "unit", "ms", "terms", "torch", "complex step", "differences")
FRONT = frozenset(("dense",))  # what only stands in front of what is tried


def lines() -> Iterator[str]:
    """The table, line by line, as it is measured."""
    yield _line(HEAD)
    yield _line(tuple("-" * len(word) for word in HEAD))
    for row in rows().values():
        if row.trials:
            yield _line(measured(row))


def measured(row: Row) -> tuple[str, ...]:
    """One line, as texts."""
    torch_error = max(max(worst(trial).values()) for trial in row.trials)
    units = _units(row.trials[0])
    complex_error, difference = np.max([_numerical(trial) for trial in row.trials], axis=0)
    times = [milliseconds(unit) for unit in units]
    terms = sum(_terms(q) for unit in units for q in closed_forms(unit)[0].adjoints)
    names = " + ".join(unit.title for unit in units)
    return (
        row.module, names, f"{sum(times):.0f}", str(terms), f"{torch_error:.0e}", f"{complex_error:.0e}",
        f"{difference:.0e}",
    )  # fmt: skip


def milliseconds(unit: Unit) -> float:
    """CPU time of a derivation of the unit, nothing remembered of it but what other units leave."""
    closed_forms.__wrapped__(unit)
    start = time.process_time()
    closed_forms.__wrapped__(unit)
    return 1e3 * (time.process_time() - start)


def _units(trial: Trial) -> list[Unit]:
    """The distinct units of what is tried: those of a loss where it has one, else those of the layers."""
    graph = build(loads(f"symbp: 1\nname: trial\ndtype: float64\n{spec_of(trial)}\n", "trial.yaml"))
    units = dict.fromkeys(node.unit for node in graph.nodes)
    if trial.loss:
        return [unit for unit in units if unit.is_loss]
    kept = [unit for unit in units if not unit.is_loss]
    return [unit for unit in kept if unit.title not in FRONT] or kept


def _numerical(trial: Trial) -> tuple[float, float]:
    checked = check_gradients(as_module(module_of(spec_of(trial))))
    by_method = {method: [r.error for r in checked if r.method == method] for method in {r.method for r in checked}}
    return tuple(max(by_method.get(m, [0.0])) for m in ("complex step", "central differences"))  # type: ignore[return-value]


def _terms(equation: Equation) -> int:
    """How many terms the sums of a right side have in all; one where it is a single product."""
    return 1 + sum(len(node.args) - 1 for node in _nodes(equation.rhs) if isinstance(node, Add))


def _nodes(e: Expr) -> Iterator[Expr]:
    yield from walk(e)


def _line(cells: tuple[str, ...]) -> str:
    widths = (22, 30, 6, 6, 8, 13, 12)
    left = [cell.ljust(width) for cell, width in zip(cells[:2], widths, strict=False)]
    return "  ".join([*left, *(cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True))])
