"""``python -m benchmarks``: training steps and generation, timed.

Steps: every peer first reproduces the same five losses; then, in each round, every peer has one turn, in rotated order.
Reported are the median step time and the median of the per-round ratios to symbp, so that a machine whose speed drifts
does not change the picture.  Generation: whole processes, as a ratio to importing SymPy, NumPy and Jinja.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.peers import PEERS, SkippedError, Step
from benchmarks.works import WORKS, Work

ROOT = Path(__file__).resolve().parents[1]


def built(work: Work) -> dict[str, Step]:
    """The peers that are installed, each checked against the losses of the first one."""
    steps: dict[str, Step] = {}
    expected: list[float] | None = None
    for name, build in PEERS.items():
        try:
            step = build(work)
        except SkippedError as reason:
            print(f"  {name}: skipped ({reason})", file=sys.stderr)
            continue
        losses = [float(step(x, y)) for x, y in work.batches()[:5]]
        expected = expected or losses
        if not np.allclose(losses, expected, rtol=1e-3):
            sys.exit(f"{work.name}: {name} has the losses {losses}, expected {expected}")
        steps[name] = step
    return steps


def turn(step: Step, batches: list[tuple[object, object]], seconds: float) -> float:
    """The median time of a step, in microseconds, over about `seconds`."""
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        for x, y in batches:
            start = time.perf_counter()
            step(x, y)
            times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


def steps_table(rounds: int, seconds: float) -> None:
    print(f"{'training step, one thread':28}{'median us':>12}{'ratio to symbp':>18}")
    for work in WORKS:
        steps = built(work)
        names, times = list(steps), {name: [] for name in steps}
        batches: list[tuple[object, object]] = list(work.batches())
        for k in range(rounds):
            for name in names[k % len(names) :] + names[: k % len(names)]:
                times[name].append(turn(steps[name], batches, seconds))
        for name in names:
            ratio = statistics.median(b / a for a, b in zip(times["symbp"], times[name], strict=True))
            print(f"{work.name + ' / ' + name:28}{statistics.median(times[name]):12.1f}{ratio:18.2f}")


def process(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - start


def deep_spec(folder: Path, layers: int) -> Path:
    rows = [f"  - {{type: dense, name: l{k}, units: 8, activation: tanh}}" for k in range(layers - 1)]
    rows.append("  - {type: dense, name: out, units: 1}")
    path = folder / f"deep_{layers}.yaml"
    path.write_text(
        f"symbp: 1\nname: deep_{layers}\ninput: {{x: [8]}}\nlayers:\n" + "\n".join(rows) + "\nloss: {type: mse}\n"
    )
    return path


def generation_table(rounds: int) -> None:
    """Whole processes, interleaved."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = ("-o", name)
        cases = {
            "import sympy, numpy, jinja2": ("-c", "import sympy, numpy, jinja2"),
            "symbp --help": ("-m", "symbp", "--help"),
            "symbp check digits": ("-m", "symbp", "check", "specs/digits.yaml"),
            "symbp generate digits": ("-m", "symbp", "generate", "specs/digits.yaml", *out),
        }
        times: dict[str, list[float]] = {case: [] for case in cases}
        for _ in range(rounds):
            for case, command in cases.items():
                times[case].append(process(*command))
        print(f"\n{'generation (whole process)':28}{'median s':>12}{'ratio to import':>18}")
        base = times["import sympy, numpy, jinja2"]
        for case, taken in times.items():
            ratio = statistics.median(b / a for a, b in zip(base, taken, strict=True))
            print(f"{case:28}{statistics.median(taken):12.2f}{ratio:18.2f}")
        for layers in (125, 250, 500, 1000):
            taken_once = process("-m", "symbp", "generate", str(deep_spec(folder, layers)), *out)
            print(f"{f'generate, {layers} layers':28}{taken_once:12.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each turn of each peer")
    parser.add_argument("--only", choices=["steps", "generation"])
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, {os.cpu_count()} cores\n")
    if options.only != "generation":
        steps_table(options.rounds, options.seconds)
    if options.only != "steps":
        generation_table(min(options.rounds, 5))


if __name__ == "__main__":
    main()
