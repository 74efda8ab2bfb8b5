"""How long the derivation of each layer takes: ``python -m benchmarks.derivation [NAME...]``.

CPU time of `derive_equations` alone, each layer in a process of its own that has done one derivation before (what is
imported and cached by then is not billed), the best of three: the forty-four layers and probes of the tests, and every
entry of the library, its plain and its safe equations.  Prints a table against the bounds and exits with 1 where one
is missed.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from derive.cases import CASES
from derive.entries import entries
from derive.harness import setup

from symbp.derive.engine import derive_equations
from symbp.graph.model import LocalTensor
from symbp.notation.expr import Equation, Expr

WARM_UP = "sigmoid"
REPEATS = 3
# Milliseconds of CPU time; the first part of a name that fits decides.
BOUNDS = {"lstm": 700, "attention": 700, "gru": 1000, "rnn": 700, "mlp": 700, "norm": 200, "conv": 200, "pool": 200}
ORDINARY = 50  # pointwise layers, losses, softmax


@dataclass(frozen=True)
class Task:
    """One derivation."""

    name: str
    equations: Sequence[Equation]
    tensors: Sequence[LocalTensor]
    facts: Sequence[tuple[Expr, Expr]]
    is_loss: bool

    @property
    def bound(self) -> float:
        return next((b for part, b in BOUNDS.items() if part in self.name), ORDINARY)

    def run(self) -> float:
        """The CPU time of the derivation in milliseconds."""
        start = time.process_time()
        derive_equations(self.equations, self.tensors, facts=self.facts, is_loss=self.is_loss)
        return 1e3 * (time.process_time() - start)


def tasks() -> dict[str, Task]:
    """Everything that is timed, by name."""
    found = []
    for name in CASES:
        s = setup(name)
        found.append(Task(name, s.equations, s.tensors, s.facts, s.case.is_loss))
    for key, entry in entries().items():
        unit = entry.unit
        found.append(Task(key, unit.plain, unit.tensors, unit.facts, unit.is_loss))
        if unit.safe != unit.plain:
            found.append(Task(f"{key}, safe", unit.safe, unit.tensors, unit.facts, unit.is_loss))
    return {t.name: t for t in found}


def alone(task: Task) -> float:
    """The best time of a task among processes that have derived nothing but the warm-up."""
    context = multiprocessing.get_context("fork")
    times = []
    for _ in range(REPEATS):
        with context.Pool(1) as pool:
            times.append(pool.apply(task.run))
    return min(times)


def main(names: list[str]) -> int:
    everything = tasks()
    everything[WARM_UP].run()
    wide = max(map(len, everything))
    print(f"{'layer':{wide}s} {'ms':>8s} {'bound':>6s}")
    missed = 0
    for name in names or everything:
        task = everything[name]
        found = alone(task)
        missed += found > task.bound
        print(f"{name:{wide}s} {found:8.1f} {task.bound:6.0f}{'   over' if found > task.bound else ''}", flush=True)
    print(f"{missed} over their bound")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
