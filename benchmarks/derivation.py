"""How long the derivation of each layer takes: ``python -m benchmarks.derivation [NAME...]``.

CPU time of `derive_equations` alone, each layer in a process of its own that has done one derivation before (what is
imported and cached by then is not billed), the best of three.  Prints a table against the bounds and exits with 1
where one is missed.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from derive.cases import CASES
from derive.harness import setup

from symbp.derive.engine import derive_equations

WARM_UP = "sigmoid"
NORMS_AND_WINDOWS = ("norm", "conv", "pool")
BOUNDS = {"lstm": 700.0, "attention": 700.0, "gru": 1000.0, "rnn": 700.0, "mlp": 700.0}
ORDINARY, NORM = 50.0, 200.0  # milliseconds
REPEATS = 3


def bound(name: str) -> float:
    """The bound of a layer in milliseconds of CPU time."""
    slow = any(part in name for part in NORMS_AND_WINDOWS)
    return BOUNDS.get(name, NORM if slow else ORDINARY)


def derive(name: str) -> float:
    """The CPU time of one derivation in milliseconds."""
    s = setup(name)
    start = time.process_time()
    derive_equations(s.equations, s.tensors, facts=s.facts, is_loss=s.case.is_loss)
    return 1e3 * (time.process_time() - start)


def alone(name: str) -> float:
    """The best time of a layer among processes that have derived nothing but the warm-up."""
    context = multiprocessing.get_context("fork")
    times = []
    for _ in range(REPEATS):
        with context.Pool(1) as pool:
            times.append(pool.apply(derive, (name,)))
    return min(times)


def main(names: list[str]) -> int:
    derive(WARM_UP)
    missed = 0
    print(f"{'layer':28s} {'ms':>8s} {'bound':>8s}")
    for name in names or CASES:
        found, most = alone(name), bound(name)
        missed += found > most
        print(f"{name:28s} {found:8.1f} {most:8.0f}{'   over' if found > most else ''}", flush=True)
    print(f"{missed} over their bound")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
