"""How long generation takes, in whole processes: ``python -m benchmarks.generation [--rounds N]``.

Reported as a ratio to importing SymPy, NumPy and Jinja, in CPU time, the system's included; the processes are
interleaved, so that a machine whose speed drifts treats all alike.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMPORT = "import sympy, numpy, jinja2"


def process(folder: Path, *command: str) -> float:
    """CPU seconds of a Python process; what it keeps, compiled modules and derivations, it keeps in a folder."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    places = {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "SYMBP_CACHE": str(folder / "derived")}
    start = _spent()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, cwd=ROOT, env=kept | places)
    return _spent() - start


def _spent() -> float:
    """CPU seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def deep_spec(folder: Path, layers: int) -> Path:
    """The spec of a stack of as many dense layers."""
    rows = [f"  - {{type: dense, name: l{k}, units: 8, activation: tanh}}" for k in range(layers - 1)]
    rows.append("  - {type: dense, name: out, units: 1}")
    path = folder / f"deep_{layers}.yaml"
    path.write_text(
        f"symbp: 1\nname: deep_{layers}\ninput: {{x: [8]}}\nlayers:\n" + "\n".join(rows) + "\nloss: {type: mse}\n",
        encoding="utf-8",
    )
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generation", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", type=int, nargs="*", default=[125, 250, 500, 1000], help="of dense stacks")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        cases = {
            IMPORT: ("-c", IMPORT),
            "symbp --help": ("-m", "symbp", "--help"),
            "symbp check digits": ("-m", "symbp", "check", "specs/digits.yaml"),
            "symbp generate digits": ("-m", "symbp", "generate", "specs/digits.yaml", "-o", name, "--no-cache"),
            "the same, derived before": ("-m", "symbp", "generate", "specs/digits.yaml", "-o", name),
        }
        times: dict[str, list[float]] = {case: [] for case in cases}
        for k in range(options.rounds + 1):
            for case, command in cases.items():
                taken = process(Path(name), *command)
                if k:  # the first round compiles
                    times[case].append(taken)
        print(f"{'generation (whole process)':28}{'least s':>12}{'median s':>12}{'ratio to import':>18}")
        for case, seconds in times.items():
            ratio = statistics.median(b / a for a, b in zip(times[IMPORT], seconds, strict=True))
            print(f"{case:28}{min(seconds):12.2f}{statistics.median(seconds):12.2f}{ratio:18.2f}")
        for layers in options.layers:
            taken_once = process(Path(name), "-m", "symbp", "generate", str(deep_spec(Path(name), layers)), "-o", name)
            print(f"{f'generate, {layers} layers':28}{taken_once:12.2f}", flush=True)


if __name__ == "__main__":
    main()
